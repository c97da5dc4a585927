//! Payments whose postback never came are found, once, and nothing else is.

use std::{error::Error, time::Duration};

use cryptocloud_postback_api::{
    ReconcileError, Reconciler, ReconcilerBuildError, ReconcilerBuilder, Reconciliation,
    core::UnixTime,
    inbox::{
        Begin, Decision, Failure, Handler, HoldKind, IdentityPolicy, Inbox, MemoryStore, Payment,
        Source, State,
    },
};
use tokio::join;

use crate::{
    TestResult, postback,
    shop::{self, Shop, dated, now},
};

pub(crate) async fn reconcile(reconciler: &Reconciler) -> Result<Reconciliation, Box<dyn Error>> {
    Ok(reconciler.run_once(Begin::Now).await?.ok_or("no turn")?)
}

/// Finds, and handles what was found.
pub(crate) async fn turn(shop: &Shop) -> Result<Reconciliation, Box<dyn Error>> {
    let counts = reconcile(&shop.reconciler()).await?;
    shop.work().await;
    Ok(counts)
}

pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn a_payment_without_a_postback_is_found_once() -> TestResult {
    let shop = Shop::new().await;
    shop.started(HOUR).await;
    shop.server.add(dated("A", "paid", 60));
    shop.server.add(dated("B", "overpaid", 60));
    shop.server.set("B", "amount_usd", 25);
    let counts = turn(&shop).await?;
    assert_eq!((counts.stated, counts.stored), (2, 2));
    assert_eq!(shop.effects().await, ["A", "B"]);
    let [record] = &shop.records("A").await[..] else {
        return Err("not one".into());
    };
    assert_eq!(
        (record.state, record.report.source),
        (State::Done, Source::Reconciled)
    );
    assert_eq!(record.report.fields.amount_crypto, Some("25".parse()?));
    let counts = turn(&shop).await?;
    assert_eq!((counts.stored, counts.known), (0, 2));
    assert_eq!(shop.effects().await, ["A", "B"]);
    Ok(())
}

#[tokio::test]
async fn the_first_turn_on_an_old_account_credits_nothing_from_before() -> TestResult {
    let shop = Shop::new().await;
    for n in 0..150 {
        shop.server.add(dated(&format!("OLD{n}"), "paid", HOUR));
    }
    let counts = turn(&shop).await?;
    assert_eq!((counts.too_old, counts.stored), (150, 0));
    shop.server.add(dated("NEW", "paid", 0));
    let counts = turn(&shop).await?;
    assert_eq!((counts.too_old, counts.stored), (150, 1));
    assert_eq!(shop.effects().await, ["NEW"]);
    Ok(())
}

#[tokio::test]
async fn a_renamed_project_and_a_new_store_credit_nothing_again() -> TestResult {
    let shop = Shop::new().await;
    shop.started(HOUR).await;
    shop.server.add(dated("A", "paid", 60));
    turn(&shop).await?;
    assert_eq!(shop.effects().await, ["A"]);

    let flushed = shop::store(&shop.folder.path().join("other.sqlite")).await;
    for (project, store) in [("renamed", &shop.store), ("shop", &flushed)] {
        let inbox = shop::inbox(project, store, &shop.confirmer);
        let reconciler = Reconciler::builder(inbox.clone(), shop.confirmer.clone()).build()?;
        let counts = reconcile(&reconciler).await?;
        assert_eq!((counts.too_old, counts.stored), (1, 0), "{project}");
        assert_eq!(inbox.run_once().await?, 0);
    }
    assert_eq!(shop.effects().await, ["A"]);
    Ok(())
}

#[tokio::test]
async fn discarded_test_and_other_projects_invoices_credit_nothing() -> TestResult {
    let shop = Shop::new().await;
    shop.started(HOUR).await;
    shop.server.add(dated("GONE", "paid", 60));
    // No order has this price.
    shop.server.set("GONE", "amount_usd", 30);
    assert_eq!(shop.receive(&postback("GONE")).await, 200);
    let [gone] = &shop.records("GONE").await[..] else {
        return Err("not one".into());
    };
    shop.inbox
        .discard(gone.id, &Decision::by("anna").note("refunded"))
        .await?;
    for (name, status) in [
        ("CREATED", "created"),
        ("PARTIAL", "partial"),
        ("NONE", "canceled"),
    ] {
        shop.server.add(dated(name, status, 60));
    }
    for (name, field) in [
        ("TEST", "test_mode"),
        ("OTHER", "project"),
        ("UNDATED", "date_finished"),
    ] {
        shop.server.add(dated(name, "paid", 60));
        shop.server.set(name, field, true);
    }
    // Without a date that can be read it is not known whether it is from before.
    shop.server.invoices(|invoices| {
        let created = invoices
            .last()
            .and_then(|undated| undated["created"].as_str());
        let noon = created.map(|created| created.replace(' ', " noon "));
        if let Some(undated) = invoices.last_mut() {
            undated["created"] = noon.into();
        }
    });
    let counts = turn(&shop).await?;
    assert_eq!(
        (
            counts.discarded,
            counts.not_confirmed,
            counts.too_old,
            counts.stored
        ),
        (1, 5, 1, 0),
        "{counts:?}"
    );
    assert!(shop.effects().await.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_postback_before_during_and_after_is_the_same_payment() -> TestResult {
    let shop = Shop::new().await;
    shop.started(HOUR).await;
    for name in ["BEFORE", "DURING", "AFTER"] {
        shop.server.add(dated(name, "paid", 60));
    }
    assert_eq!(shop.receive(&postback("BEFORE")).await, 200);
    let counts = reconcile(&shop.reconciler()).await?;
    assert_eq!((counts.known, counts.stored), (1, 2));
    // It was stored, and is not handled yet.
    assert_eq!(shop.receive(&postback("DURING")).await, 503);
    shop.work().await;
    assert_eq!(shop.receive(&postback("DURING")).await, 200);
    assert_eq!(shop.receive(&postback("AFTER")).await, 200);
    for name in ["AFTER", "BEFORE", "DURING"] {
        assert_eq!(shop.record(name).await, (State::Done, None), "{name}");
    }
    assert_eq!(shop.effects().await, ["AFTER", "BEFORE", "DURING"]);
    Ok(())
}

#[tokio::test]
async fn postback_and_reconciliation_at_once_are_one_effect() -> TestResult {
    let shop = Shop::new().await;
    shop.started(HOUR).await;
    let reconciler = shop.reconciler();
    let names: Vec<String> = (0..30).map(|n| format!("A{n:02}")).collect();
    for name in &names {
        shop.server
            .invoices(|invoices| *invoices = vec![dated(name, "paid", 60)]);
        let postback = postback(name);
        let (_, counts, worked) = join!(
            shop.receive(&postback),
            reconciler.run_once(Begin::Now),
            shop.inbox.run_once()
        );
        counts?;
        worked?;
        shop.work().await;
    }
    assert_eq!(shop.effects().await, names);
    Ok(())
}

#[tokio::test]
async fn partial_and_then_paid_in_full_is_taken_up() -> TestResult {
    let shop = Shop::new().await;
    shop.started(HOUR).await;
    shop.server.add(dated("A", "partial", 60));
    assert_eq!(shop.receive(&postback("A")).await, 200);
    let (state, hold) = shop.record("A").await;
    assert_eq!(
        (state, hold.map(|hold| hold.kind)),
        (State::Held, Some(HoldKind::Unconfirmed))
    );
    assert_eq!(turn(&shop).await?.not_confirmed, 1);
    shop.server.set("A", "status", "paid");
    shop.server.set("A", "received", 24.5);
    assert_eq!(turn(&shop).await?.stored, 1);
    assert_eq!(shop.effects().await, ["A"]);

    // The postback reports what was paid by then, which is not what is stated now.
    shop.server.add(dated("B", "partial", 60));
    assert_eq!(shop.receive(&postback("B").paid("10")).await, 200);
    shop.server.set("B", "status", "paid");
    shop.server.set("B", "received", 24.5);
    turn(&shop).await?;
    turn(&shop).await?;
    assert_eq!(shop.effects().await, ["A", "B"]);
    turn(&shop).await?;
    assert_eq!(shop.effects().await, ["A", "B"]);
    Ok(())
}

#[tokio::test]
async fn a_forged_report_is_held_and_the_genuine_payment_is_found() -> TestResult {
    let shop = Shop::new().await;
    shop.started(HOUR).await;
    shop.server.add(dated("A", "paid", 60));
    assert_eq!(shop.receive(&postback("A").amount("9000")).await, 200);
    assert_eq!(turn(&shop).await?.stored, 1);
    assert_eq!(shop.effects().await, ["A"]);
    let mut records = shop.records("A").await;
    records.sort_by_key(|record| record.id);
    let [forged, genuine] = &records[..] else {
        return Err("not two".into());
    };
    let hold = forged.hold.as_ref().map(|hold| hold.kind);
    assert_eq!((forged.state, hold), (State::Held, Some(HoldKind::Differs)));
    assert_eq!(
        (genuine.state, genuine.report.source),
        (State::Done, Source::Reconciled)
    );
    turn(&shop).await?;
    assert_eq!(shop.effects().await, ["A"]);
    Ok(())
}

#[tokio::test]
async fn backfill_lists_what_it_would_do_and_does_that() -> TestResult {
    let shop = Shop::new().await;
    // Reconciliation begins now, and each state of a payment is from before.
    for (name, status) in [
        ("DONE", "paid"),
        ("GONE", "partial"),
        ("HELD", "partial"),
        ("LOST", "paid"),
        ("PART", "partial"),
    ] {
        shop.server.add(dated(name, status, 5 * DAY));
    }
    shop.server.add(dated("OLDER", "paid", 30 * DAY));
    shop.server.add(dated("FORGED", "paid", 5 * DAY));
    for name in ["DONE", "GONE", "HELD", "FORGED"] {
        let amount = if name == "FORGED" { "9000" } else { "25" };
        assert_eq!(
            shop.receive(&postback(name).amount(amount)).await,
            200,
            "{name}"
        );
    }
    let [gone] = &shop.records("GONE").await[..] else {
        return Err("not one".into());
    };
    shop.inbox.discard(gone.id, &Decision::by("anna")).await?;
    for name in ["GONE", "HELD"] {
        shop.server.set(name, "status", "paid");
    }
    assert_eq!(turn(&shop).await?.stored, 0);

    let from = UnixTime::from_secs(u64::try_from(now() - 10 * DAY)?);
    let reconciler = shop.reconciler();
    let names = async |dry_run| -> Result<Vec<String>, ReconcileError> {
        let found = reconciler.backfill(from, dry_run).await?;
        assert!(found.iter().all(|found| found.id.is_none() == dry_run));
        Ok(found
            .iter()
            .map(|found| found.invoice.id().to_string())
            .collect())
    };
    for _ in 0..2 {
        assert_eq!(names(true).await?, ["GONE", "HELD", "LOST", "FORGED"]);
    }
    shop.work().await;
    assert_eq!(shop.effects().await, ["DONE"]);
    assert_eq!(names(false).await?, ["GONE", "HELD", "LOST", "FORGED"]);
    shop.work().await;
    // A part of one was discarded, so an operator decides about all of it.
    assert_eq!(shop.effects().await, ["DONE", "FORGED", "HELD", "LOST"]);
    assert!(names(true).await?.is_empty());
    assert!(names(false).await?.is_empty());
    Ok(())
}

/// Does nothing.
#[derive(Debug)]
struct Ignore;

impl Handler<()> for Ignore {
    async fn handle(&self, _: &Payment, (): &mut ()) -> Result<(), Failure> {
        Ok(())
    }
}

#[tokio::test]
async fn what_cannot_be_reconciled_is_refused_at_once() -> TestResult {
    let shop = Shop::new().await;
    let error = |builder: ReconcilerBuilder| builder.build().err();
    let days = |days: u64| Duration::from_secs(days * 86_400);
    assert_eq!(error(shop.builder()), None);
    assert_eq!(error(shop.builder().window(days(399))), None);
    let window = Some(ReconcilerBuildError::Window);
    assert_eq!(error(shop.builder().window(days(400))), window);
    let interval = Some(ReconcilerBuildError::Interval);
    assert_eq!(error(shop.builder().interval(Duration::ZERO)), interval);
    let of = |inbox: Inbox| error(Reconciler::builder(inbox, shop.confirmer.clone()));
    let memory = || Inbox::builder("shop", MemoryStore::new(1), Ignore).workers(0);
    assert_eq!(of(memory().build()?), None);
    let deposits = memory()
        .identity_policy(IdentityPolicy::InvoiceAndTransactions)
        .build()?;
    assert_eq!(of(deposits), Some(ReconcilerBuildError::Transactions));
    Ok(())
}

#[tokio::test]
async fn a_store_without_the_handlers_transaction_is_refused() -> TestResult {
    use cryptocloud_postback_redis::{RedisStore, redis::Client};
    let durable = [
        "--appendonly",
        "yes",
        "--appendfsync",
        "always",
        "--maxmemory-policy",
        "noeviction",
    ];
    let Some(server) = throw_away_servers::RedisServer::start_with(&durable) else {
        return Ok(());
    };
    let store = RedisStore::connect(Client::open(server.url())?).await?;
    let inbox = Inbox::builder("shop", store, Ignore).workers(0).build()?;
    let shop = Shop::new().await;
    let refused = Reconciler::builder(inbox, shop.confirmer.clone())
        .build()
        .err();
    assert_eq!(refused, Some(ReconcilerBuildError::NotAtomic));
    Ok(())
}
