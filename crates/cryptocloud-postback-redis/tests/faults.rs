//! What holds if the server loses data, is full, or has been changed by hand.

mod common;

use cryptocloud_postback_inbox::{
    ClaimQuery, Failure, Handler, InboxStore, Payment, Settled, Start, State, StoreErrorKind,
};
use cryptocloud_postback_redis::{
    RedisStore,
    redis::{self, aio::MultiplexedConnection},
};

use common::{
    Counter, HANG, LEASE, TestResult, admin, assert_done, attempt, claimed, kind, report, running,
    start, store,
};

async fn flush(mut admin: MultiplexedConnection) -> redis::RedisResult<()> {
    redis::cmd("FLUSHALL").query_async(&mut admin).await
}

/// Flushes the server while it handles a payment, and receives the same payment again.
struct Flushing {
    admin: MultiplexedConnection,
    store: RedisStore,
}

impl Handler<()> for Flushing {
    async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
        flush(self.admin.clone()).await?;
        let report = &payment.claim().report;
        let _claim = claimed(self.store.receive(report, Start::Claimed(LEASE)).await?);
        Ok(())
    }
}

#[tokio::test]
async fn flushed_under_a_running_handler() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let store = store(&server.url()).await?;
    let claim = running(&store).await?;
    assert_eq!(store.losses(), 0);
    let handler = Flushing {
        admin: admin(&server.url()).await?,
        store: store.clone(),
    };
    let settled = attempt(&store, &handler, &claim).await;
    assert!(matches!(settled, Settled::Stale), "{settled:?}");

    // The new claim is untouched, and the loss was noticed.
    let records = store.find("shop", "A").await?;
    assert_eq!(records.len(), 1);
    assert_eq!(
        records.first().map(|record| record.state),
        Some(State::Running)
    );
    assert_eq!(store.losses(), 1);
    Ok(())
}

#[tokio::test]
async fn lost_claim_runs_no_handler() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let store = store(&server.url()).await?;
    let claim = running(&store).await?;
    flush(admin(&server.url()).await?).await?;
    let counter = Counter::default();
    let settled = attempt(&store, &counter, &claim).await;
    assert!(matches!(settled, Settled::Stale), "{settled:?}");
    assert_eq!(counter.effects(), 0);
    Ok(())
}

#[tokio::test]
async fn full_server_stores_nothing_and_settles_what_runs() -> TestResult {
    let Some(server) = start(&["--maxmemory-policy", "noeviction"]).await else {
        return Ok(());
    };
    let store = store(&server.url()).await?;
    let claim = running(&store).await?;
    let mut admin = admin(&server.url()).await?;
    let mut limit = redis::cmd("CONFIG");
    let () = limit
        .arg(&["SET", "maxmemory", "1"])
        .query_async(&mut admin)
        .await?;
    let receipt = store
        .receive(&report("shop", "B", "1"), Start::Stored)
        .await;
    assert_eq!(kind(receipt), StoreErrorKind::Full);
    assert!(store.find("shop", "B").await?.is_empty());
    assert_done(&attempt(&store, &Counter::default(), &claim).await);
    Ok(())
}

#[tokio::test]
async fn older_snapshot_is_noticed() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let store = store(&server.url()).await?;
    let mut admin = admin(&server.url()).await?;
    let receive = async |invoice| {
        store
            .receive(&report("shop", invoice, "1"), Start::Stored)
            .await
    };
    let _ = receive("A").await?;
    let key = "cryptocloud:{shop}:meta";
    let last: String = redis::cmd("HGET")
        .arg(key)
        .arg("last")
        .query_async(&mut admin)
        .await?;
    let _ = receive("B").await?;
    let () = redis::cmd("HSET")
        .arg(key)
        .arg("last")
        .arg(last)
        .query_async(&mut admin)
        .await?;
    store.counts("shop").await?;
    assert_eq!(store.losses(), 1);
    store.counts("shop").await?;
    assert_eq!(store.losses(), 1);
    Ok(())
}

#[tokio::test]
async fn changed_by_hand_is_corrupt_and_stops_no_other() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let store = store(&server.url()).await?;
    for invoice in ["A", "B", "C"] {
        let _ = store
            .receive(&report("shop", invoice, "1"), Start::Stored)
            .await?;
    }
    let mut admin = admin(&server.url()).await?;
    // No MessagePack at all, and a report whose amount is no number.
    for (invoice, script) in [
        ("A", "redis.call('SET', KEYS[1], 'rubbish')"),
        (
            "B",
            "local rows = cmsgpack.unpack(redis.call('GET', KEYS[1])) \
             rows[1][7] = 'much' \
             redis.call('SET', KEYS[1], cmsgpack.pack(rows))",
        ),
    ] {
        let key = format!("cryptocloud:{{shop}}:i:{invoice}");
        let () = redis::Script::new(script)
            .key(key)
            .invoke_async(&mut admin)
            .await?;
        let found = kind(store.find("shop", invoice).await);
        assert_eq!(found, StoreErrorKind::Corrupt);
    }
    let query = ClaimQuery {
        limit: 10,
        lease: LEASE,
        retry_span: HANG,
    };
    let claimed = store.claim("shop", query).await?;
    let invoices = claimed.claims.iter();
    let invoices: Vec<_> = invoices
        .map(|claim| claim.report.invoice_id().as_str())
        .collect();
    assert_eq!(invoices, ["C"]);
    Ok(())
}
