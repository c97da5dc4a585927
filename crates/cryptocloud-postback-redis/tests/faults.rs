//! What holds if the server, or the way to it, fails.

mod common;

use std::time::Duration;

use cryptocloud_postback_inbox::{
    Claim, ClaimQuery, Failure, Handler, InboxStore, Payment, Receipt, Settled, Start, State,
    StoreErrorKind,
};
use cryptocloud_postback_redis::{
    Durability, RedisStore,
    redis::{self, Client, aio::MultiplexedConnection},
};

use common::{
    Counter, Fault, HANG, LEASE, Proxy, TestResult, admin, assert_done, attempt, attempt_within,
    claimed, kind, report, start, store,
};

const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];

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
    let claim = claimed(
        store
            .receive(&report("shop", "A", "1"), Start::Claimed(LEASE))
            .await?,
    );
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
    let claim = claimed(
        store
            .receive(&report("shop", "A", "1"), Start::Claimed(LEASE))
            .await?,
    );
    flush(admin(&server.url()).await?).await?;
    let counter = Counter::default();
    let settled = attempt(&store, &counter, &claim).await;
    assert!(matches!(settled, Settled::Stale), "{settled:?}");
    assert_eq!(counter.effects(), 0);
    Ok(())
}

/// A restart with an append-only file keeps everything; the store connects again by itself.
#[tokio::test]
async fn restarted_server_keeps_payments() -> TestResult {
    let folder = tempfile::tempdir()?;
    let folder = folder.path().to_str().unwrap_or_else(|| panic!("UTF-8"));
    let arguments: &'static [&'static str] =
        Vec::leak([DURABLE, &["--dir", String::leak(folder.to_owned())]].concat());
    let Some(server) = start(arguments).await else {
        return Ok(());
    };
    let proxy = Proxy::start(server.port()).await?;
    let store = store(&proxy.url()).await?;
    let claim = claimed(
        store
            .receive(&report("shop", "A", "1"), Start::Claimed(LEASE))
            .await?,
    );

    proxy.aim(None);
    tokio::task::spawn_blocking(move || drop(server)).await?;
    let while_down = kind(store.find("shop", "A").await);
    assert_eq!(while_down, StoreErrorKind::Unavailable);
    assert_eq!(
        kind(store.renew(&claim, LEASE).await),
        StoreErrorKind::Unavailable
    );

    let Some(server) = start(arguments).await else {
        return Ok(());
    };
    proxy.aim(Some(server.port()));
    // The scripts are loaded again, too.
    let counter = Counter::default();
    assert_done(&attempt(&store, &counter, &claim).await);
    assert_eq!(counter.effects(), 1);
    assert_eq!(store.losses(), 0);
    Ok(())
}

/// One payment from its postback to done, with a fault at one request. Whatever fails, the payment
/// can be completed afterwards, and its state is never lost.
async fn pay(store: &RedisStore, counter: &Counter) -> Result<(), Box<dyn std::error::Error>> {
    let report = report("shop", "A", "1");
    let receipt = store
        .receive(&report, Start::Claimed(Duration::ZERO))
        .await?;
    let claim = match receipt {
        Receipt::Claimed(claim) => claim,
        Receipt::Stored {
            state: State::Done, ..
        } => return Ok(()),
        Receipt::Stored { .. } => next(store).await?,
    };
    match attempt_within(store, counter, &claim, Duration::ZERO).await {
        Settled::Done => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

async fn next(store: &RedisStore) -> Result<Claim, Box<dyn std::error::Error>> {
    let query = ClaimQuery {
        limit: 1,
        lease: Duration::ZERO,
        retry_span: HANG,
    };
    let mut claimed = store.claim("shop", query).await?;
    Ok(claimed.claims.pop().ok_or("nothing is due")?)
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_cut_at_every_command() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let proxy = Proxy::start(server.port()).await?;
    for fault in [Fault::CutBefore, Fault::CutAfter, Fault::Silence] {
        let mut passes = 0;
        loop {
            flush(admin(&server.url()).await?).await?;
            let builder = RedisStore::builder(Client::open(proxy.url())?);
            let store = builder
                .durability(Durability::Unchecked)
                .timeout(Duration::from_millis(500))
                .connect()
                .await?;
            let counter = Counter::default();
            proxy.break_after(passes, fault);
            let first = pay(&store, &counter).await;
            if proxy.is_fault_left() {
                assert!(first.is_ok(), "{first:?}");
                break;
            }
            if counter.effects() == 1 {
                // Whatever happened to settle, it was tried again.
                assert!(first.is_ok(), "{fault:?} after {passes}: {first:?}");
            }
            // The lease of zero is over, so a worker or a resend goes on.
            pay(&store, &counter).await?;
            let records = store.find("shop", "A").await?;
            let states: Vec<State> = records.iter().map(|record| record.state).collect();
            assert_eq!(states, [State::Done], "{fault:?} after {passes}");
            // Settle is tried again, so not even a lost reply to it repeats the effect.
            assert_eq!(counter.effects(), 1, "{fault:?} after {passes}");
            passes += 1;
        }
        // Receive, renew and settle.
        assert!(passes >= 3, "{fault:?}: {passes}");
    }
    Ok(())
}

#[tokio::test]
async fn outcome_of_a_write_without_a_response_is_unknown() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let proxy = Proxy::start(server.port()).await?;
    let builder = RedisStore::builder(Client::open(proxy.url())?);
    let builder = builder.durability(Durability::Unchecked);
    let store = builder
        .timeout(Duration::from_millis(500))
        .connect()
        .await?;
    // The script is on the server from here on.
    let _ = store
        .receive(&report("shop", "B", "1"), Start::Stored)
        .await?;
    let report = report("shop", "A", "1");
    for fault in [Fault::CutBefore, Fault::CutAfter, Fault::Silence] {
        // A fault while connecting would be certain: nothing was sent.
        store.now().await?;
        proxy.break_after(0, fault);
        let unknown = kind(store.receive(&report, Start::Stored).await);
        assert_eq!(unknown, StoreErrorKind::OutcomeUnknown, "{fault:?}");

        store.now().await?;
        proxy.break_after(0, fault);
        let expected = match fault {
            Fault::Silence => StoreErrorKind::TimedOut,
            _ => StoreErrorKind::Unavailable,
        };
        assert_eq!(kind(store.find("shop", "A").await), expected, "{fault:?}");
    }
    // The reply to the second receive was lost, but not the report.
    assert_eq!(store.find("shop", "A").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn server_that_cannot_be_reached_is_unavailable() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let proxy = Proxy::start(server.port()).await?;
    let store = store(&proxy.url()).await?;
    tokio::task::spawn_blocking(move || drop(server)).await?;
    drop(proxy);
    // The first command may find out that its connection has ended.
    let _ = store.now().await;
    let receipt = store
        .receive(&report("shop", "A", "1"), Start::Stored)
        .await;
    assert_eq!(kind(receipt), StoreErrorKind::Unavailable);
    Ok(())
}

#[tokio::test]
async fn full_server_stores_nothing_and_settles_what_runs() -> TestResult {
    let Some(server) = start(&["--maxmemory-policy", "noeviction"]).await else {
        return Ok(());
    };
    let store = store(&server.url()).await?;
    let claim = claimed(
        store
            .receive(&report("shop", "A", "1"), Start::Claimed(LEASE))
            .await?,
    );
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
