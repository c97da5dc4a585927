//! Locks, limits and lost connections.

use std::{future, time::Duration};

use cryptocloud_postback_inbox::{
    Attempt, Failure, Handler, InboxStore, Limits, Payment, Receipt, Settled, Settles, State,
    StoreErrorKind,
};
use cryptocloud_postback_sqlx::{
    PostgresStore,
    sqlx::{self, PgConnection, Row},
};
use tokio::time;

use crate::{
    database::Database,
    proxy::{Cut, Proxy},
    shared::{self, Dropped, HANG, PAY, Script, TestResult, claimed, report},
};

/// Short enough for a test, and long enough for a busy machine.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.lock = Duration::from_millis(500);
    limits
}

#[tokio::test(flavor = "multi_thread")]
async fn locked_order_holds_up_nothing_else() -> TestResult {
    let Some(database) = Database::new().await else {
        return Ok(());
    };
    let payment = database.payment().await;
    let mut locker = database.store.pool().begin().await?;
    sqlx::query("SELECT 1 FROM orders WHERE invoice = 'A' FOR UPDATE")
        .execute(&mut *locker)
        .await?;
    let limits = limits();
    let script = Script::new([PAY]);
    let blocked = database
        .store
        .settle(Attempt::new(&script, &limits, &payment));
    let other = async {
        let start = shared::start();
        let claim = claimed(database.store.receive(&report("B", "1"), start).await?);
        database.store.renew(&claim, shared::LONG).await?;
        // The report itself is not locked meanwhile.
        database.store.check().await
    };
    let (settled, other) = tokio::join!(blocked, other);
    other?;
    match settled {
        Settled::Failed(failure) => assert!(failure.describe().contains("lock timeout")),
        settled => panic!("{settled:?}"),
    }
    locker.rollback().await?;
    let settled = database.settle(&payment, &script).await;
    assert!(matches!(settled, Settled::Done), "{settled:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn receive_waits_for_no_settle_of_the_same_payment() -> TestResult {
    let Some(database) = Database::new().await else {
        return Ok(());
    };
    let payment = database.payment().await;
    let claim = payment.claim();
    // A settle that is not committed.
    let mut open = database.store.pool().begin().await?;
    let sql = format!(
        "SET LOCAL cryptocloud.claim = '{claim}';
         SELECT cryptocloud_inbox.settle({}, {})",
        claim.id, claim.fence
    );
    let sql = sqlx::AssertSqlSafe(sql);
    sqlx::raw_sql(sql).execute(&mut *open).await?;
    for (amount, state) in [
        ("1", State::Running),
        ("2", State::Conflict),
        ("2", State::Conflict),
    ] {
        // Another call would time out after 2 s, with an error.
        let receipt = database
            .store
            .receive(&report("A", amount), shared::start())
            .await?;
        match receipt {
            Receipt::Stored { state: found, .. } => {
                assert_eq!(found, state);
            }
            receipt => panic!("{receipt:?}"),
        }
    }
    // What does have to wait gives up in time.
    let held = database.store.fail(claim, "", Duration::ZERO).await;
    assert_eq!(
        held.err().map(|error| error.kind()),
        Some(StoreErrorKind::TimedOut)
    );
    open.commit().await?;
    assert_eq!(database.record().await.state, State::Done);
    Ok(())
}

/// A handler that ends its own session.
const TERMINATE: &str = "SELECT pg_terminate_backend(pg_backend_pid())";

#[tokio::test(flavor = "multi_thread")]
async fn terminated_backend_is_a_failure() -> TestResult {
    let Some(database) = Database::new().await else {
        return Ok(());
    };
    let payment = database.payment().await;
    let settled = database
        .settle(&payment, &Script::new([PAY, TERMINATE]))
        .await;
    assert!(matches!(settled, Settled::Failed(_)), "{settled:?}");
    let ignoring = Script::new([PAY, TERMINATE]).ignoring();
    match database.settle(&payment, &ignoring).await {
        Settled::RolledBack(error) => assert_eq!(error.kind(), StoreErrorKind::Unavailable),
        settled => panic!("{settled:?}"),
    }
    assert_eq!(database.paid().await, 0);
    let settled = database.settle(&payment, &Script::new([PAY])).await;
    assert!(matches!(settled, Settled::Done), "{settled:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_commit_is_unknown() -> TestResult {
    for (cut, is_done) in [(Cut::BeforeCommit, false), (Cut::AfterCommit, true)] {
        let Some(database) = Database::new().await else {
            return Ok(());
        };
        let payment = database.payment().await;
        let proxy = Proxy::start(database.server.port(), cut).await?;
        let url = format!(
            "postgres://postgres@127.0.0.1:{}/{}",
            proxy.port(),
            database.name
        );
        let store = PostgresStore::connect(&url).await?;
        let limits = Limits::default();
        let script = Script::new([PAY]);
        let settled = store.settle(Attempt::new(&script, &limits, &payment)).await;
        match settled {
            Settled::Unknown(error) => assert_eq!(error.kind(), StoreErrorKind::OutcomeUnknown),
            settled => panic!("{settled:?}"),
        }
        // The server may still be at it.
        let wait = async { while database.number(OPEN_TRANSACTIONS).await > 0 {} };
        time::timeout(HANG, wait).await?;
        assert_eq!(database.paid().await, i64::from(is_done));
        let state = if is_done { State::Done } else { State::Running };
        assert_eq!(database.record().await.state, state);
    }
    Ok(())
}

/// The server may still work for a client that has gone.
async fn until_idle(database: &Database) -> TestResult {
    let wait = async { while database.number(OPEN_TRANSACTIONS).await > 0 {} };
    Ok(time::timeout(HANG, wait).await?)
}

const OPEN_TRANSACTIONS: &str = "SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' \
    AND pid <> pg_backend_pid() AND datname = current_database() AND xact_start IS NOT NULL";

/// Whether the connection that a store reuses is inside a transaction.
async fn is_in_transaction(store: &PostgresStore) -> sqlx::Result<bool> {
    // A simple query, which has one time if it is a transaction of its own.
    let row = sqlx::raw_sql("SELECT now() <> statement_timestamp()");
    row.fetch_one(store.pool()).await?.try_get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_at_any_await_nothing_is_half_done() -> TestResult {
    let Some(database) = Database::new().await else {
        return Ok(());
    };
    let store = database.store_of_one("postgres").await;
    drop(database.payment().await);
    let (mut dropped, mut over) = (0, 0);
    for polls in 0..60 {
        database.run("UPDATE orders SET paid = 0").await;
        database.run(RUN_AGAIN).await;
        let payment = database.taken_over().await;
        let (script, limits) = (Script::new([PAY]), Limits::default());
        let settle = store.settle(Attempt::new(&script, &limits, &payment));
        match Dropped::after(polls, settle).await {
            Some(_) => over += 1,
            None => dropped += 1,
        }
        // It waits for the connection.
        assert!(!is_in_transaction(&store).await?, "{polls} polls");
        until_idle(&database).await?;
        let is_done = database.record().await.state == State::Done;
        assert_eq!(database.paid().await, i64::from(is_done), "{polls} polls");
    }
    assert!(dropped > 1 && over > 1, "{dropped} dropped, {over} over");
    Ok(())
}

const RUN_AGAIN: &str = "UPDATE cryptocloud_inbox.report \
    SET state = 'running', settled_at = NULL, due_at = now()";

#[tokio::test(flavor = "multi_thread")]
async fn dropped_receives_and_decisions_are_whole() -> TestResult {
    let Some(database) = Database::new().await else {
        return Ok(());
    };
    let store = database.store_of_one("postgres").await;
    for polls in 0..30 {
        let invoice = format!("R{polls}");
        for amount in ["1", "2"] {
            let report = report(&invoice, amount);
            let _ = Dropped::after(polls, store.receive(&report, shared::start())).await;
            assert!(!is_in_transaction(&store).await?, "{polls} polls");
        }
        let received = store.receive(&report(&invoice, "2"), shared::start()).await;
        let id = match received? {
            Receipt::Claimed(claim) => claim.id,
            Receipt::Stored { id, .. } => id,
        };
        let by = shared::operator();
        let _ = Dropped::after(polls, store.discard(shared::PROJECT, id, &by)).await;
        assert!(!is_in_transaction(&store).await?, "{polls} polls");
    }
    until_idle(&database).await?;
    let torn = "SELECT count(*) FROM cryptocloud_inbox.report WHERE (state = 'discarded') <> \
                EXISTS (SELECT FROM cryptocloud_inbox.decision WHERE report_id = report.id)";
    assert_eq!(database.number(torn).await, 0);
    let blocking = "SELECT count(*) FROM cryptocloud_inbox.report WHERE state = 'running'";
    assert_eq!(database.number(blocking).await, 30);
    Ok(())
}

/// A handler that stops in the middle of its transaction.
struct Hangs;

impl Handler<PgConnection> for Hangs {
    async fn handle(&self, _: &Payment, tx: &mut PgConnection) -> Result<(), Failure> {
        sqlx::query(PAY).execute(&mut *tx).await?;
        future::pending().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_handler_is_ended_by_the_server() -> TestResult {
    let Some(database) = Database::new().await else {
        return Ok(());
    };
    let payment = database.payment().await;
    let mut limits = limits();
    limits.idle_in_transaction = Duration::from_millis(100);
    limits.handler = HANG;
    let hanging = database
        .store
        .settle(Attempt::new(&Hangs, &limits, &payment));
    let wait = async {
        while database.number(WRITING).await == 0 {}
        while database.number(WRITING).await > 0 {}
    };
    tokio::select! {
        settled = hanging => panic!("{settled:?}"),
        waited = time::timeout(HANG, wait) => waited?,
    }
    assert_eq!(database.paid().await, 0);
    Ok(())
}

const WRITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL \
    AND pid <> pg_backend_pid() AND datname = current_database()";

#[tokio::test(flavor = "multi_thread")]
async fn read_only_server_is_told_apart() -> TestResult {
    let Some(database) = Database::new().await else {
        return Ok(());
    };
    let payment = database.payment().await;
    database
        .run(format!(
            "ALTER DATABASE {} SET default_transaction_read_only = on",
            database.name
        ))
        .await;
    let store = database.store_of_one("postgres").await;
    let checked = store.check().await;
    assert_eq!(
        checked.err().map(|error| error.kind()),
        Some(StoreErrorKind::ReadOnly)
    );
    let received = store.receive(&report("B", "1"), shared::start()).await;
    assert_eq!(
        received.err().map(|error| error.kind()),
        Some(StoreErrorKind::ReadOnly)
    );
    let limits = limits();
    let nothing = Script::new(["SELECT 1"]);
    match store
        .settle(Attempt::new(&nothing, &limits, &payment))
        .await
    {
        Settled::RolledBack(error) => assert_eq!(error.kind(), StoreErrorKind::ReadOnly),
        settled => panic!("{settled:?}"),
    }
    // The connection is not used again.
    let wait = async {
        while store.pool().size() > 0 {
            tokio::task::yield_now().await;
        }
    };
    time::timeout(HANG, wait).await?;
    Ok(())
}
