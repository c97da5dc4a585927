//! What the tests share. Each binary uses a part of it.
#![allow(dead_code, unused_imports, reason = "each binary uses a part")]

mod proxy;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use cryptocloud_postback::{Amount, Currency, InvoiceId};
use cryptocloud_postback_inbox::{
    Attempt, Claim, Failure, Fields, Handler, Identity, InboxStore, Limits, Payment, Receipt,
    Report, Settled, Settles, Start, StoreError, StoreErrorKind,
};
use cryptocloud_postback_redis::{
    Durability, RedisStore,
    redis::{self, Client, aio::MultiplexedConnection},
};
use throw_away_servers::RedisServer;
use tokio::task::spawn_blocking;

pub(crate) use proxy::{Fault, Proxy};

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

pub(crate) type TestResult = Result<(), BoxError>;

pub(crate) const LEASE: Duration = Duration::from_secs(3_600);

/// A generous limit for what should take milliseconds.
pub(crate) const HANG: Duration = Duration::from_secs(60);

/// Starts a server, with the given arguments.
pub(crate) async fn start(arguments: &'static [&'static str]) -> Option<RedisServer> {
    let server = spawn_blocking(|| RedisServer::start_with(arguments)).await;
    server.unwrap_or_else(|error| panic!("{error}"))
}

/// A store that does not ask whether the server is durable, and is patient.
pub(crate) async fn store(url: &str) -> Result<RedisStore, BoxError> {
    let builder = RedisStore::builder(Client::open(url)?);
    let builder = builder.durability(Durability::Unchecked).timeout(HANG);
    Ok(builder.connect().await?)
}

/// A connection beside the store's.
pub(crate) async fn admin(url: &str) -> redis::RedisResult<MultiplexedConnection> {
    Client::open(url)?.get_multiplexed_async_connection().await
}

/// A report of an invoice with this amount.
pub(crate) fn report(project: &str, invoice: &str, amount: &str) -> Report {
    let invoice = InvoiceId::parse(invoice).unwrap_or_else(|error| panic!("{error}"));
    let amount = Amount::parse(amount).unwrap_or_else(|error| panic!("{error}"));
    let fields = Fields {
        amount_crypto: Some(amount),
        currency: Some(Currency::UsdtTrc20),
        order_id: Some("ORDER_93223".into()),
        invoice_info: Some(r#"{"uuid":"INV-A"}"#.into()),
    };
    Report::new(Identity::new(project, invoice), fields)
}

/// The claim of a payment that has just been received.
pub(crate) async fn running(store: &RedisStore) -> Result<Claim, StoreError> {
    let report = report("shop", "A", "1");
    Ok(claimed(
        store.receive(&report, Start::Claimed(LEASE)).await?,
    ))
}

#[track_caller]
pub(crate) fn claimed(receipt: Receipt) -> Claim {
    match receipt {
        Receipt::Claimed(claim) => claim,
        Receipt::Stored { state, is_new, .. } => panic!("{state}, new: {is_new}"),
    }
}

#[track_caller]
pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, StoreError>) -> StoreErrorKind {
    match result {
        Ok(value) => panic!("{value:?}"),
        Err(error) => error.kind(),
    }
}

/// Counts the effects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter(Arc<AtomicU32>);

impl Counter {
    pub(crate) fn effects(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Handler<()> for Counter {
    async fn handle(&self, _: &Payment, _: &mut ()) -> Result<(), Failure> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// One attempt at a claim.
pub(crate) async fn attempt<H: Handler<()>>(
    store: &RedisStore,
    handler: &H,
    claim: &Claim,
) -> Settled {
    attempt_within(store, handler, claim, LEASE).await
}

/// One attempt at a claim, with this lease.
pub(crate) async fn attempt_within<H: Handler<()>>(
    store: &RedisStore,
    handler: &H,
    claim: &Claim,
    lease: Duration,
) -> Settled {
    let payment = Payment::from(claim.clone());
    let mut limits = Limits::default();
    limits.lease = lease;
    limits.statement = HANG;
    store.settle(Attempt::new(handler, &limits, &payment)).await
}

#[track_caller]
pub(crate) fn assert_done(settled: &Settled) {
    assert!(matches!(settled, Settled::Done), "{settled:?}");
}

/// One payment from its postback to done.
pub(crate) async fn pay(store: &RedisStore, project: &str, invoice: &str) -> TestResult {
    let report = report(project, invoice, "102.5");
    let claim = claimed(store.receive(&report, Start::Claimed(LEASE)).await?);
    assert_done(&attempt(store, &Counter::default(), &claim).await);
    Ok(())
}

/// Every key of the server.
pub(crate) async fn keys(admin: &mut MultiplexedConnection) -> redis::RedisResult<Vec<String>> {
    redis::cmd("KEYS").arg("*").query_async(admin).await
}
