//! Of many processes one reconciles at a time, and what one missed the next finds.

use std::{error::Error, future, sync::Arc, time::Duration};

use async_trait::async_trait;
use cryptocloud_postback_api::{
    OpenInvoices, ReconcileErrorKind as Kind, Reconciler,
    core::{InvoiceId, UnixTime},
    inbox::{Begin, Inbox},
};
use cryptocloud_postback_mimic::Fault;
use tokio::{join, sync::Notify, time};

use crate::{
    TestResult,
    open::Open,
    reconcile::{DAY, HOUR, reconcile, turn},
    shop::{self, Shop, dated, now},
};

#[tokio::test]
async fn one_of_two_runners_has_the_turn() -> TestResult {
    let shop = Shop::new().await;
    shop.server.add(dated("A", "paid", 0));
    let other_store = shop::store(&shop.folder.path().join("inbox.sqlite")).await;
    let other_inbox = shop::inbox("shop", &other_store, &shop.confirmer);
    let one = shop.reconciler();
    let other = Reconciler::builder(other_inbox, shop.confirmer.clone()).build()?;
    let (first, second) = join!(one.run_once(Begin::IfDue), other.run_once(Begin::IfDue));
    assert_eq!([first?, second?].iter().flatten().count(), 1);
    // It is not due again before the interval.
    for reconciler in [&one, &other] {
        assert_eq!(reconciler.run_once(Begin::IfDue).await?, None);
    }
    assert!(other.run_once(Begin::Now).await?.is_some());
    Ok(())
}

/// An operator, who takes a turn while the open invoices are read.
#[derive(Debug)]
struct Operator(Inbox);

#[async_trait]
impl OpenInvoices for Operator {
    async fn open_invoices(&self) -> Result<Vec<InvoiceId>, Box<dyn Error + Send + Sync>> {
        let turn = self
            .0
            .begin_reconciliation(Duration::ZERO, Begin::Now)
            .await?;
        let cursor = Some(UnixTime::from_secs(17));
        self.0
            .end_reconciliation(&turn.ok_or("no turn")?, cursor, Duration::ZERO)
            .await?;
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn a_turn_that_was_taken_away_leaves_the_cursor_to_the_other() -> TestResult {
    let shop = Shop::new().await;
    let reconciler = shop
        .builder()
        .open_invoices(Operator(shop.inbox.clone()))
        .build()?;
    assert!(reconciler.run_once(Begin::Now).await?.is_some());
    let turn = shop
        .inbox
        .begin_reconciliation(Duration::ZERO, Begin::Now)
        .await?;
    assert_eq!(turn.ok_or("no turn")?.cursor, Some(UnixTime::from_secs(17)));
    Ok(())
}

#[tokio::test]
async fn the_cursor_survives_a_restart_and_an_outage_longer_than_the_window() -> TestResult {
    let shop = Shop::new().await;
    shop.started(60 * DAY).await;
    reconcile(&shop.reconciler()).await?;
    // A new process on the same file, 20 days later.
    let store = shop::store(&shop.folder.path().join("inbox.sqlite")).await;
    let inbox = shop::inbox("shop", &store, &shop.confirmer);
    let shop = Shop { inbox, ..shop };
    let turn = shop
        .inbox
        .begin_reconciliation(Duration::ZERO, Begin::Now)
        .await?;
    let turn = turn.ok_or("no turn")?;
    let cursor = turn.cursor.ok_or("no cursor")?;
    assert!(cursor.as_secs().abs_diff(u64::try_from(now())?) < 60);
    let long_ago = UnixTime::from_secs(u64::try_from(now() - 20 * DAY)?);
    shop.inbox
        .end_reconciliation(&turn, Some(long_ago), Duration::ZERO)
        .await?;
    for days in [15, 21, 26, 35] {
        shop.server
            .add(dated(&format!("D{days}"), "paid", days * DAY));
    }
    let counts = reconcile(&shop.reconciler()).await?;
    // The window of seven days ends where the last turn began.
    assert_eq!((counts.stated, counts.stored), (3, 3));
    shop.work().await;
    assert_eq!(shop.effects().await, ["D15", "D21", "D26"]);
    // From now on only the window is asked for.
    assert_eq!(reconcile(&shop.reconciler()).await?.stated, 0);
    Ok(())
}

#[tokio::test]
async fn nothing_older_than_the_retention_is_credited() -> TestResult {
    let shop = Shop::new().await;
    shop.started(60 * DAY).await;
    let builder = shop::builder_of("shop", &shop.store, &shop.confirmer);
    let inbox = builder.retention(Duration::from_secs(8 * 86_400)).build()?;
    let shop = Shop { inbox, ..shop };
    let turn = shop
        .inbox
        .begin_reconciliation(Duration::ZERO, Begin::Now)
        .await?;
    let long_ago = UnixTime::from_secs(u64::try_from(now() - 20 * DAY)?);
    let turn = turn.ok_or("no turn")?;
    shop.inbox
        .end_reconciliation(&turn, Some(long_ago), Duration::ZERO)
        .await?;
    shop.server.add(dated("D15", "paid", 15 * DAY));
    shop.server.add(dated("OPEN", "paid", 15 * DAY));
    let reconciler = shop.builder().open_invoices(Open::default()).build()?;
    let counts = reconcile(&reconciler).await?;
    // One that the merchant still waits for is asked about, and is too old all the same.
    assert_eq!((counts.stated, counts.too_old, counts.stored), (1, 1, 0));
    Ok(())
}

#[tokio::test]
async fn the_api_goes_down_in_the_middle_of_a_turn() -> TestResult {
    let shop = Shop::with(|api| api.max_retries(0)).await;
    shop.started(HOUR).await;
    for n in 0..150 {
        shop.server.add(dated(&format!("A{n:03}"), "paid", 60));
    }
    shop.server.set("A149", "order_id", "LAST");
    let mut lists = 0;
    shop.server.on_request(move |request, invoices| {
        lists += i32::from(request.path.ends_with("/list"));
        if lists == 2 && request.path.ends_with("/list") {
            // The page cannot be read: it is far over the limit of a response.
            invoices[149]["order_id"] = "x".repeat(2 * 1024 * 1024).into();
        } else {
            invoices[149]["order_id"] = "LAST".into();
        }
    });
    let error = shop.reconciler().run_once(Begin::Now).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Api);
    assert_eq!(error.to_string(), "vendor's API failed");
    shop.work().await;
    assert_eq!(shop.effects().await.len(), 100);
    let next = shop
        .inbox
        .begin_reconciliation(Duration::ZERO, Begin::Now)
        .await?;
    assert_eq!(next.ok_or("no turn")?.cursor, None);
    let counts = turn(&shop).await?;
    assert_eq!((counts.stored, counts.known), (50, 100));
    assert_eq!(shop.effects().await.len(), 150);
    Ok(())
}

/// Open invoices that never come.
#[derive(Debug)]
struct Hangs(Arc<Notify>);

#[async_trait]
impl OpenInvoices for Hangs {
    async fn open_invoices(&self) -> Result<Vec<InvoiceId>, Box<dyn Error + Send + Sync>> {
        self.0.notify_one();
        future::pending().await
    }
}

#[tokio::test]
async fn a_process_that_ends_leaves_its_turn_to_the_next() -> TestResult {
    let shop = Shop::new().await;
    let begun = Arc::new(Notify::new());
    let hangs = Hangs(Arc::clone(&begun));
    let reconciler = shop.builder().open_invoices(hangs).build()?;
    tokio::select! {
        () = reconciler.run() => return Err("it ended".into()),
        () = begun.notified() => {}
    }
    shop.inbox.drain(HANG).await;
    let store = shop::store(&shop.folder.path().join("inbox.sqlite")).await;
    let inbox = shop::inbox("shop", &store, &shop.confirmer);
    let next = Reconciler::builder(inbox, shop.confirmer.clone()).build()?;
    assert!(next.run_once(Begin::IfDue).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_drained_inbox_ends_its_reconciler_first() -> TestResult {
    let shop = Shop::new().await;
    let begun = Arc::new(Notify::new());
    let hangs = Hangs(Arc::clone(&begun));
    shop.builder().open_invoices(hangs).start()?;
    time::timeout(HANG, begun.notified()).await?;
    shop.inbox.drain(HANG).await;
    let store = shop::store(&shop.folder.path().join("inbox.sqlite")).await;
    let inbox = shop::inbox("shop", &store, &shop.confirmer);
    let next = Reconciler::builder(inbox, shop.confirmer.clone()).build()?;
    assert!(next.run_once(Begin::IfDue).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn run_takes_turns_and_outlives_errors_and_panics() -> TestResult {
    let shop = Shop::with(|api| api.max_retries(0)).await;
    shop.started(HOUR).await;
    shop.server.add(dated("A", "paid", 60));
    shop.server.fail([Fault::status(500)]);
    let open = Open {
        panics: true.into(),
        fails: true.into(),
    };
    let builder = shop
        .builder()
        .open_invoices(open)
        .interval(Duration::from_millis(1));
    let reconciler = builder.build()?;
    let until_a_turn_is_complete = async {
        while shop
            .number("SELECT count(cursor) FROM cryptocloud_inbox_reconciliation")
            .await
            == 0
        {}
    };
    tokio::select! {
        () = reconciler.run() => return Err("it ended".into()),
        done = time::timeout(HANG, until_a_turn_is_complete) => done?,
    }
    shop.work().await;
    assert_eq!(shop.effects().await, ["A"]);
    Ok(())
}

/// Far longer than anything here takes.
const HANG: Duration = Duration::from_secs(60);
