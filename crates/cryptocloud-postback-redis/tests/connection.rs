//! What holds if the way to the server breaks.

mod common;

use std::time::Duration;

use cryptocloud_postback_inbox::{
    Claim, ClaimQuery, InboxStore, Receipt, Settled, Start, State, StoreErrorKind,
};
use cryptocloud_postback_redis::{Durability, RedisStore, redis::Client};
use tokio::task::JoinSet;

use common::{
    BoxError, Counter, Fault, HANG, LEASE, Proxy, TestResult, assert_done, attempt, attempt_within,
    claimed, kind, report, running, start, store,
};

const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];

/// The limit for a server that does not reply. Others that are only slow stay below it.
const SILENCE: Duration = Duration::from_secs(5);

/// More requests than a payment needs.
const MOST_REQUESTS: usize = 16;

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
    let claim = running(&store).await?;

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
async fn pay(store: &RedisStore, project: &str, counter: &Counter) -> Result<(), BoxError> {
    let report = report(project, "A", "1");
    let receipt = store
        .receive(&report, Start::Claimed(Duration::ZERO))
        .await?;
    let claim = match receipt {
        Receipt::Claimed(claim) => claim,
        Receipt::Stored {
            state: State::Done, ..
        } => return Ok(()),
        Receipt::Stored { .. } => next(store, project).await?,
    };
    match attempt_within(store, counter, &claim, Duration::ZERO).await {
        Settled::Done => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

async fn next(store: &RedisStore, project: &str) -> Result<Claim, BoxError> {
    let query = ClaimQuery {
        limit: 1,
        lease: Duration::ZERO,
        retry_span: HANG,
    };
    let mut claimed = store.claim(project, query).await?;
    Ok(claimed.claims.pop().ok_or("nothing is due")?)
}

/// Breaks the connection at one request of a payment. Returns whether there was such a request.
async fn break_at(port: u16, project: String, fault: Fault, passes: usize) -> bool {
    let broken = async {
        let proxy = Proxy::start(port).await?;
        let timeout = match fault {
            Fault::Silence => SILENCE,
            Fault::CutAfter | Fault::CutBefore => HANG,
        };
        let builder = RedisStore::builder(Client::open(proxy.url())?);
        let builder = builder.durability(Durability::Unchecked);
        let store = builder.timeout(timeout).connect().await?;
        let counter = Counter::default();
        proxy.break_after(passes, fault);
        let first = pay(&store, &project, &counter).await;
        let is_broken = !proxy.is_fault_left();
        if !is_broken || counter.effects() == 1 {
            // Whatever happened to settle, it was tried again.
            first?;
        }
        // The lease of zero is over, so a worker or a resend goes on.
        pay(&store, &project, &counter).await?;
        let records = store.find(&project, "A").await?;
        let states: Vec<State> = records.iter().map(|record| record.state).collect();
        assert_eq!(states, [State::Done]);
        // Not even a lost reply to settle repeats the effect.
        assert_eq!(counter.effects(), 1);
        Ok::<_, BoxError>(is_broken)
    };
    broken
        .await
        .unwrap_or_else(|error| panic!("{fault:?} after {passes}: {error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_or_silent_at_every_command() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    for fault in [Fault::CutBefore, Fault::CutAfter, Fault::Silence] {
        let mut runs = JoinSet::new();
        for passes in 0..MOST_REQUESTS {
            let (port, project) = (server.port(), format!("{fault:?} {passes}"));
            runs.spawn(break_at(port, project, fault, passes));
        }
        let broken = runs
            .join_all()
            .await
            .into_iter()
            .filter(|is_broken| *is_broken);
        // Receive, renew and settle, and loading their scripts. The last ones came to no fault.
        let count = broken.count();
        assert!((3..MOST_REQUESTS).contains(&count), "{fault:?}: {count}");
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
    let store = builder.timeout(SILENCE).connect().await?;
    let report = report("shop", "A", "1");
    let claim = claimed(store.receive(&report, Start::Claimed(LEASE)).await?);
    // The script is on the server from here on.
    store.renew(&claim, LEASE).await?;
    for fault in [Fault::CutBefore, Fault::CutAfter, Fault::Silence] {
        // A fault while connecting would be certain: nothing was sent.
        store.now().await?;
        proxy.break_after(0, fault);
        let unknown = kind(store.renew(&claim, LEASE).await);
        assert_eq!(unknown, StoreErrorKind::OutcomeUnknown, "{fault:?}");
    }
    store.now().await?;
    proxy.break_after(0, Fault::Silence);
    let silent = kind(store.find("shop", "A").await);
    assert_eq!(silent, StoreErrorKind::TimedOut);
    Ok(())
}

/// As after a restart of the server, or if a firewall has closed an idle connection.
#[tokio::test]
async fn broken_connection_costs_no_postback() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let proxy = Proxy::start(server.port()).await?;
    let store = store(&proxy.url()).await?;
    for (invoice, fault) in [("A", Fault::CutBefore), ("B", Fault::CutAfter)] {
        let report = report("shop", invoice, "1");
        store.now().await?;
        proxy.break_after(0, fault);
        let _ = store.receive(&report, Start::Stored).await?;
        store.now().await?;
        proxy.break_after(0, fault);
        assert_eq!(store.find("shop", invoice).await?.len(), 1, "{fault:?}");
    }
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
