//! The merchant's transaction and its end.

use std::{future, time::Duration};

use cryptocloud_postback_inbox::{
    Failure, FailureKind, Handler, InboxStore, Payment, Settled, State, StoreErrorKind,
};
use cryptocloud_postback_sqlx::{
    SqliteStore,
    sqlx::{
        SqliteConnection, raw_sql,
        sqlite::{SqlitePoolOptions, SqliteSynchronous},
    },
};
use tokio::time::Instant;

use crate::{
    file::File,
    shared::{self, Dropped, HANG, PAY, Script, TestResult, report},
};

/// In SQLite a failed statement aborts nothing, as the documentation says.
#[tokio::test(flavor = "multi_thread")]
async fn ignored_error_of_a_statement_aborts_nothing() -> TestResult {
    let file = File::new().await;
    let payment = file.payment().await;
    let handler = Script::new([PAY, "SELECT * FROM missing"]).ignoring();
    let settled = file.settle(&payment, &handler).await;
    assert!(matches!(settled, Settled::Done), "{settled:?}");
    assert_eq!(file.paid().await, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn handler_that_ends_the_transaction_is_noticed() -> TestResult {
    let fail = "SELECT * FROM missing";
    let scripts = [
        (Script::new([PAY, "COMMIT"]), 1),
        (Script::new([PAY, "ROLLBACK"]), 0),
        (Script::new([PAY, "COMMIT", "BEGIN"]), 1),
        (Script::new([PAY, "COMMIT"]).failing(), 1),
        (Script::new([PAY, "COMMIT", "BEGIN IMMEDIATE"]).failing(), 1),
        (Script::new([PAY, "COMMIT", "BEGIN", fail]), 1),
        (
            Script::new([PAY, "UPDATE OR ROLLBACK orders SET paid = 9"]),
            0,
        ),
    ];
    for (script, paid) in scripts {
        let file = File::new().await;
        let payment = file.payment().await;
        let settled = file.settle(&payment, &script).await;
        let name = script.name();
        assert!(
            matches!(settled, Settled::TransactionEnded),
            "{name}: {settled:?}"
        );
        assert_eq!(file.paid().await, paid, "{name}");
        assert_eq!(file.record().await.state, State::Running, "{name}");
        // The next one has a connection without a transaction.
        let settled = file.settle(&payment, &Script::new([PAY])).await;
        assert!(matches!(settled, Settled::Done), "{name}: {settled:?}");
    }
    Ok(())
}

/// A handler whose statement fails, and whose transaction is gone then.
struct Loses(&'static str);

impl Handler<SqliteConnection> for Loses {
    async fn handle(&self, _: &Payment, tx: &mut SqliteConnection) -> Result<(), Failure> {
        raw_sql("PRAGMA max_page_count = 1")
            .execute(&mut *tx)
            .await?;
        let failed = raw_sql(self.0).execute(&mut *tx).await;
        // As SQLite itself does if it cannot write to the disk.
        raw_sql("ROLLBACK").execute(&mut *tx).await?;
        Ok(failed.map(drop)?)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn full_disk_is_no_fault_of_the_handler() -> TestResult {
    let file = File::new().await;
    let payment = file.payment().await;
    let fill = "CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                LIMIT 1000) SELECT randomblob(1000) FROM n";
    let settled = file.settle(&payment, &Loses(fill)).await;
    assert!(matches!(settled, Settled::Failed(_)), "{settled:?}");
    let settled = file
        .settle(&payment, &Loses("UPDATE orders SET paid = 9"))
        .await;
    assert!(matches!(settled, Settled::TransactionEnded), "{settled:?}");
    let settled = file.settle(&payment, &Script::new([PAY])).await;
    assert!(matches!(settled, Settled::Done), "{settled:?}");
    assert_eq!(file.paid().await, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn handler_that_settles_by_itself_is_held() -> TestResult {
    let file = File::new().await;
    let payment = file.payment().await;
    let claim = payment.claim();
    let settle = format!(
        "INSERT INTO cryptocloud_inbox_settle VALUES ({}, {}, false)",
        claim.id, claim.fence
    );
    match file.settle(&payment, &Script::new([PAY, &settle])).await {
        Settled::Failed(failure) => assert_eq!(failure.kind(), FailureKind::Hold),
        settled => panic!("{settled:?}"),
    }
    assert_eq!(file.paid().await, 0);
    assert_eq!(file.record().await.state, State::Running);
    Ok(())
}

/// A handler that never ends.
struct Hangs;

impl Handler<SqliteConnection> for Hangs {
    async fn handle(&self, _: &Payment, _: &mut SqliteConnection) -> Result<(), Failure> {
        future::pending().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn handler_is_stopped_while_other_processes_wait() -> TestResult {
    let file = File::new().await;
    let other = SqliteStore::connect(&file.path).await?;
    let payment = file.payment().await;
    let began = Instant::now();
    let handler = file.settle(&payment, &Hangs);
    let receive = async { other.receive(&report("B", "1"), shared::start()).await };
    let (settled, received) = tokio::join!(handler, receive);
    assert!(matches!(settled, Settled::Failed(_)), "{settled:?}");
    drop(shared::claimed(received?));
    assert!(began.elapsed() < HANG);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_at_any_await_nothing_is_half_done() -> TestResult {
    let (mut dropped, mut over) = (0, 0);
    for polls in 0..40 {
        let file = File::new().await;
        let payment = file.payment().await;
        let script = Script::new([PAY]);
        let settle = file.settle(&payment, &script);
        match Dropped::after(polls, settle).await {
            Some(_) => over += 1,
            None => dropped += 1,
        }
        // The next one waits for what is still at work.
        let settled = file.settle(&payment, &Script::new(["SELECT 1"])).await;
        let is_done = matches!(settled, Settled::Stale);
        assert!(is_done || matches!(settled, Settled::Done), "{settled:?}");
        assert_eq!(file.paid().await, i64::from(is_done), "{polls} polls");
    }
    assert!(dropped > 1 && over > 1, "{dropped} dropped, {over} over");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn receives_pass_handlers_of_another_process() -> TestResult {
    let file = File::new().await;
    let other = SqliteStore::connect(&file.path).await?;
    let payment = file.payment().await;
    let slow = Slow(Duration::from_millis(50));
    let handlers = async {
        for _ in 0..40 {
            let settled = file.settle(&payment, &slow).await;
            assert!(matches!(settled, Settled::Failed(_)), "{settled:?}");
        }
    };
    let receives = async {
        for number in 0..40 {
            let report = report(&format!("R{number}"), "1");
            drop(shared::claimed(
                other.receive(&report, shared::start()).await?,
            ));
        }
        Ok::<_, cryptocloud_postback_inbox::StoreError>(())
    };
    let ((), received) = tokio::join!(handlers, receives);
    received?;
    Ok(())
}

/// A handler that fails after a while, and writes before.
struct Slow(Duration);

impl Handler<SqliteConnection> for Slow {
    async fn handle(&self, _: &Payment, _: &mut SqliteConnection) -> Result<(), Failure> {
        // It stands for work of this length.
        tokio::time::sleep(self.0).await;
        Err(Failure::retry("handler fails"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_durable_is_refused() -> TestResult {
    let file = File::new().await;
    let unsafe_options =
        SqliteStore::connect_options(&file.path).synchronous(SqliteSynchronous::Normal);
    for options in [unsafe_options, "sqlite::memory:".parse()?] {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await?;
        let store = SqliteStore::new(pool);
        store.migrate().await?;
        let checked = store.check().await;
        let kind = checked.err().map(|error| error.kind());
        assert_eq!(kind, Some(StoreErrorKind::NotDurable));
    }
    Ok(())
}
