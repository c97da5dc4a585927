//! What an operator does, and what the worker of a shop makes of it.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use cryptocloud_postback_inbox::{
    Accepted, Failure, Handler, Inbox, InboxStore, Payment, Receipt, ReportId, Settles, Start,
    State,
};
use cryptocloud_postback_redis::{Durability, RedisStore, redis::Client};
use cryptocloud_postback_sqlx::{PostgresStore, SqliteStore};
use serde_json::{Value, json};
use tempfile::TempDir;
use throw_away_servers::{PostgresServer, RedisServer};

use crate::{TestResult, program, program::Ended, report, run};

/// An invoice, and what the operator named.
type Credit = (String, Option<Accepted>);

/// Credits invoices, except what its orders say.
#[derive(Clone, Default)]
pub(crate) struct Shop {
    credits: Arc<Mutex<Vec<Credit>>>,
    is_repaired: Arc<AtomicBool>,
}

impl<Tx: Send> Handler<Tx> for Shop {
    async fn handle(&self, payment: &Payment, _: &mut Tx) -> Result<(), Failure> {
        match payment.order_id() {
            Some("UNKNOWN") if payment.accepted().is_none() => {
                return Err(Failure::hold("no such order"));
            }
            Some("BROKEN") if !self.is_repaired.load(Ordering::SeqCst) => {
                return Err(Failure::retry("the shop is broken"));
            }
            _ => {}
        }
        let credit = (
            payment.invoice_id().to_string(),
            payment.accepted().cloned(),
        );
        let mut credits = self.credits.lock().unwrap_or_else(PoisonError::into_inner);
        credits.push(credit);
        Ok(())
    }
}

impl Shop {
    fn credits(&self) -> Vec<Credit> {
        let credits = self.credits.lock().unwrap_or_else(PoisonError::into_inner);
        credits.clone()
    }
}

/// The program with a store.
struct Operator<'a>(&'a [&'a str]);

impl Operator<'_> {
    fn call(&self, arguments: &[&str]) -> Ended {
        let arguments = [arguments, &["--project", "shop"], self.0].concat();
        run(&mut program(&arguments), b"")
    }

    fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let ended = self.call(&[arguments, &["--json"]].concat());
        assert_eq!(ended.code, Some(code), "{ended:?}");
        ended.json()
    }

    /// The numbers and the states of a list.
    fn list(&self, arguments: &[&str]) -> Vec<(i64, String)> {
        let list = self.json(0, &[&["list"], arguments].concat());
        let rows = list.as_array().into_iter().flatten();
        let row = |row: &Value| Some((row["id"].as_i64()?, row["state"].as_str()?.to_owned()));
        rows.filter_map(row).collect()
    }
}

async fn operates<S: Settles>(store: S, options: &[&str]) -> TestResult {
    let operator = Operator(options);
    assert_eq!(operator.list(&[]), []);
    let ended = operator.call(&["list"]);
    let text = "ccpostback: the store knows no project shop: check --project\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), text));

    let shop = Shop::default();
    let inbox = Inbox::builder("shop", store, shop.clone()).build()?;
    for (invoice, order) in [("HELD", "UNKNOWN"), ("FAILED", "BROKEN"), ("DONE", "1")] {
        let report = report(invoice, order)?;
        let _ = inbox.store().receive(&report, Start::Stored).await?;
    }
    inbox.run_once().await?;
    let other = report("DONE", "2")?;
    let _ = inbox.store().receive(&other, Start::Stored).await?;
    let mut ids = Vec::new();
    for invoice in ["HELD", "FAILED", "DONE"] {
        let records = inbox.find(invoice).await?;
        ids.extend(records.iter().map(|record| record.id.number()));
    }
    let &[held, failed, done, conflict] = &ids[..] else {
        return Err("four reports".into());
    };
    let [held_id, failed_id, conflict_id] = [held, failed, conflict].map(|id| id.to_string());

    // The newest first.
    let row = |id: i64, state: &str| (id, state.to_owned());
    let open = [
        row(conflict, "conflict"),
        row(failed, "failed"),
        row(held, "held"),
    ];
    assert_eq!(operator.list(&[]), open);
    assert_eq!(operator.list(&["--limit", "2"]), open[..2]);
    assert_eq!(operator.list(&["--state", "done"]), [row(done, "done")]);
    let shown = operator.call(&["list"]).stdout;
    assert!(
        shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
    assert!(shown.contains("handler: no such order\n"), "{shown}");
    let of_invoice = operator.list(&["--invoice-id", "INV-DONE"]);
    assert_eq!(of_invoice, [row(conflict, "conflict"), row(done, "done")]);
    let counts = operator.json(0, &["counts"]);
    assert_eq!((&counts["held"], &counts["failed"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&counts["conflict"], &counts["received"]),
        (&json!(1), &json!(0))
    );
    assert!(counts["oldest_unfinished_seconds"].is_u64(), "{counts}");
    let shown = operator.json(0, &["show", &held_id]);
    assert_eq!(
        shown["hold"],
        json!({"kind": "handler", "reason": "no such order"})
    );
    assert_eq!(shown["amount_crypto"], "1.5");
    assert_eq!(shown["history"], json!([]));

    // Nothing changes before the operator has said yes.
    let accept = ["accept", &held_id, "--amount", "1.4", "--order-id", "KNOWN"];
    operator
        .call(&accept)
        .fails("run the command on a terminal, or add --yes");
    assert_eq!(operator.list(&[]), open);
    let by = ["--yes", "--by", "alice", "--note", "she called"];
    let changed = operator.json(0, &[&accept[..], &by].concat());
    assert_eq!(changed["changed"], json!([held]));
    inbox.run_once().await?;
    let accepted = (
        "HELD".to_owned(),
        Some(Accepted::new("1.4".parse()?).order("KNOWN")?),
    );
    assert_eq!(
        shop.credits(),
        [("DONE".to_owned(), None), accepted.clone()]
    );
    let shown = operator.json(0, &["show", &held_id]);
    let entry = &shown["history"][0];
    assert_eq!(shown["state"], "done");
    assert_eq!([&entry["by"], &entry["event"]], ["alice", "accept"]);
    assert_eq!([&entry["note"], &entry["from"]], ["she called", "held"]);
    assert!(
        entry["at"].as_str().is_some_and(|at| at.ends_with('Z')),
        "{entry}"
    );

    // What comes afterwards is shown with what was credited before.
    let rest = report("HELD", "REST")?;
    let Receipt::Stored { id: rest, .. } = inbox.store().receive(&rest, Start::Stored).await?
    else {
        return Err("a conflict".into());
    };
    let shown = operator.json(0, &["show", &rest.to_string()]);
    let credit = &shown["already_credited"][0];
    assert_eq!(
        (&shown["state"], &credit["id"]),
        (&json!("conflict"), &json!(held))
    );
    assert_eq!(
        credit["accepted"],
        json!({"amount": "1.4", "order_id": "KNOWN"})
    );
    assert_eq!(credit["accepted_by"], "alice");
    assert!(
        credit["settled_at"]
            .as_str()
            .is_some_and(|at| at.ends_with('Z'))
    );
    let shown = operator.json(0, &["show", &conflict_id]);
    let credit = &shown["already_credited"][0];
    assert_eq!(
        [&credit["order_id"], &credit["amount_crypto"]],
        ["1", "1.5"]
    );
    assert_eq!(credit["accepted_by"], Value::Null);
    operator.json(0, &["discard", &rest.to_string(), "--yes"]);
    let shown = operator.json(0, &["show", &held_id]);
    assert_eq!(shown["already_credited"], json!([]));

    // The rules of the inbox, in words.
    let two = ["accept", &held_id, &conflict_id, "--amount", "1", "--yes"];
    operator.call(&two).fails("accept one report at a time");
    let text = operator.call(&["show", &held_id]).stdout;
    for expected in [
        "\nstate             done\n",
        "event accept, from held, accepted amount 1.4, order_id KNOWN, note she called\n",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    let refused = operator.json(1, &[&accept[..], &by].concat());
    let rule = |state: &str, rule: &str, invoice: &str| {
        let list = format!("ccpostback inbox list --project shop --invoice-id {invoice}");
        json!(format!("report is {state}: {rule}; see `{list}`"))
    };
    let expected = rule("done", "not possible in the state of this report", "HELD");
    assert_eq!(refused["refused"], json!([{"id": held, "error": expected}]));
    let second = operator.json(1, &["accept", &conflict_id, "--amount", "1", "--yes"]);
    let blocked = "another report of this payment is unfinished or done";
    let expected = rule("conflict", blocked, "DONE");
    assert_eq!(second["refused"][0]["error"], expected);
    let ended = operator.call(&["discard", "4711", "--yes"]);
    let text = "refused           id 4711, error project shop has no such report\n";
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), text));
    let unknown = operator.json(1, &["show", "4711"]);
    assert_eq!(unknown["error"], "project shop has no such report");

    // One is retried, although another one is not there.
    shop.is_repaired.store(true, Ordering::SeqCst);
    let retried = operator.json(1, &["retry", &failed_id, "4711", "--yes"]);
    assert_eq!(retried["changed"], json!([failed]));
    assert_eq!(retried["refused"][0]["id"], 4711);
    inbox.run_once().await?;
    let credits = [
        ("DONE".to_owned(), None),
        accepted,
        ("FAILED".to_owned(), None),
    ];
    assert_eq!(shop.credits(), credits);
    let list = operator.call(&["list", "--state", "done"]).stdout;
    assert!(!list.contains("the shop is broken"), "{list}");
    let history = inbox.history(ReportId::from_number(failed)).await?;
    let by = history.first().map(|decided| decided.decision.by.clone());
    assert!(by.is_some_and(|by| !by.is_empty()));

    let discarded = operator.json(0, &["discard", &conflict_id, "--yes", "--note", "forged"]);
    assert_eq!(discarded["changed"], json!([conflict]));
    inbox.run_once().await?;
    assert_eq!(shop.credits(), credits);

    purges(&operator, &inbox, held).await
}

/// There are five reports that are done or discarded, and this is one of them.
async fn purges(operator: &Operator<'_>, inbox: &Inbox, id: i64) -> TestResult {
    let purge = || operator.json(0, &["purge", "--older-than", "0", "--yes"]);
    let old = operator.json(0, &["purge", "--older-than", "1", "--yes"]);
    assert_eq!(old, json!({"purged": 0}));
    operator
        .call(&["purge", "--older-than", "0"])
        .fails("add --yes");
    let record = inbox
        .get(ReportId::from_number(id))
        .await?
        .ok_or("a record")?;
    assert_eq!(record.report.fields.order_id.as_deref(), Some("UNKNOWN"));
    assert_eq!(purge(), json!({"purged": 5}));
    let record = inbox
        .get(ReportId::from_number(id))
        .await?
        .ok_or("a record")?;
    assert_eq!(
        (record.report.fields.order_id, record.state),
        (None, State::Done)
    );
    assert_eq!(purge(), json!({"purged": 0}));
    Ok(())
}

#[tokio::test]
async fn sqlite() -> TestResult {
    let folder = TempDir::new()?;
    let file = folder.path().join("shop.db");
    let url = format!("sqlite:{}", file.display());
    let options = ["--database-url", &url];
    Operator(&options)
        .call(&["list"])
        .fails("run `ccpostback inbox migrate`");
    let store = SqliteStore::connect(&file).await?;
    Operator(&options)
        .call(&["retry", "1", "--yes"])
        .fails("schema is missing: run `ccpostback inbox migrate`");
    store.migrate().await?;
    operates(store, &options).await
}

#[tokio::test]
async fn postgres() -> TestResult {
    let Some(server) = PostgresServer::start() else {
        return Ok(());
    };
    let url = server.url();
    let store = PostgresStore::connect(&url).await?;
    store.migrate().await?;
    operates(store, &["--database-url", &url]).await
}

#[tokio::test]
async fn redis() -> TestResult {
    let Some(server) = RedisServer::start() else {
        return Ok(());
    };
    let url = server.url();
    let store = RedisStore::builder(Client::open(url.as_str())?)
        .durability(Durability::Unchecked)
        .connect()
        .await?;
    let options = ["--redis-url", &url];
    operates(store, &options).await
}

/// The newest of many are found, wherever the others end.
#[tokio::test]
async fn lists_are_cut_to_the_newest() -> TestResult {
    let folder = TempDir::new()?;
    let file = folder.path().join("shop.db");
    let store = SqliteStore::connect(&file).await?;
    store.migrate().await?;
    for number in 0..30 {
        let report = report(&format!("INVOICE{number}"), "1")?;
        let _ = store.receive(&report, Start::Stored).await?;
    }
    let url = format!("sqlite:{}", file.display());
    let options = ["--database-url", &url];
    for limit in [1, 7, 29, 30, 31] {
        let shown = limit.to_string();
        let list = Operator(&options).list(&["--state", "received", "--limit", &shown]);
        let ids: Vec<i64> = list.into_iter().map(|(id, _)| id).collect();
        let newest: Vec<i64> = (1..=30).rev().take(limit).collect();
        assert_eq!(ids, newest);
    }
    let ended = Operator(&options).call(&["list", "--state", "received"]);
    assert_eq!(ended.stdout.lines().count(), 31);
    assert!(
        ended.stdout.lines().all(|line| line.chars().count() <= 80),
        "{ended:?}"
    );
    Ok(())
}
