//! The inbox, from a verified postback to its response and to what the store keeps.

mod confirm;
mod conflicts;
mod faults;
#[path = "../shared/faulty.rs"]
mod faulty;
mod log;
mod lost;
#[cfg(feature = "metrics")]
mod metrics;
mod operator;
mod payment;
mod purge;
mod ready;
mod reconcile;
mod response;
mod rest;
mod runtime;
#[path = "../../../cryptocloud-postback/tests/shared/spans.rs"]
mod shared_spans;
mod spans;
mod vendor;
mod worker;

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use cryptocloud_postback::{SecretKey, Verified, Verifier, testing::PostbackBuilder};
use cryptocloud_postback_inbox::{
    Failure, Handler, Inbox, InboxBuilder, MemoryStore, Payment, Record,
};

use crate::faulty::FaultyStore;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const SECRET: &str = "not-a-real-key-only-for-this-test";

/// Does what the order says.
#[derive(Clone, Default)]
struct Shop {
    finished: Arc<AtomicU32>,
    started: Arc<AtomicU32>,
}

impl Handler<()> for Shop {
    async fn handle(&self, payment: &Payment, _: &mut ()) -> std::result::Result<(), Failure> {
        self.started.fetch_add(1, Ordering::SeqCst);
        match payment.order_id() {
            Some("hold") => return Err(Failure::hold("no such order")),
            Some("fail") if payment.attempt() == 1 => Err(std::io::Error::other("disk full"))?,
            Some("panic") if payment.attempt() == 1 => panic!("a bug"),
            Some("postpone") => {
                return Err(Failure::postpone(Duration::ZERO, "vendor is down"));
            }
            Some("hold later") => {
                tokio::time::sleep(Duration::from_secs(3)).await;
                return Err(Failure::hold("no such order"));
            }
            Some("slow") => tokio::time::sleep(Duration::from_secs(8)).await,
            Some("hang") => std::future::pending().await,
            _ => (),
        }
        self.finished.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

impl Shop {
    fn started(&self) -> u32 {
        self.started.load(Ordering::SeqCst)
    }

    fn finished(&self) -> u32 {
        self.finished.load(Ordering::SeqCst)
    }

    fn builder(&self) -> InboxBuilder<MemoryStore, Self> {
        Inbox::builder("shop", MemoryStore::new(100), self.clone())
    }
}

/// Tokio's time, which a test may pause, and what the test adds to it.
#[derive(Clone)]
struct Clock {
    added_secs: Arc<AtomicU64>,
    start: tokio::time::Instant,
}

impl Clock {
    fn new() -> Self {
        Self {
            added_secs: Arc::default(),
            start: tokio::time::Instant::now(),
        }
    }

    fn add(&self, duration: Duration) {
        let secs = duration.as_secs();
        self.added_secs.fetch_add(secs, Ordering::SeqCst);
    }

    fn store(&self) -> FaultyStore {
        let clock = self.clone();
        FaultyStore::new(MemoryStore::with_clock(1_000, move || {
            let added = Duration::from_secs(clock.added_secs.load(Ordering::SeqCst));
            SystemTime::UNIX_EPOCH + clock.start.elapsed() + added
        }))
    }
}

fn postback(invoice: &str, order: &str) -> Result<Verified> {
    verify(
        PostbackBuilder::new(SECRET)
            .invoice_id(invoice)
            .order_id(order),
    )
}

fn verify(postback: PostbackBuilder) -> Result<Verified> {
    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    let signed = postback.json();
    Ok(verifier.verify(signed.head(), signed.body())?)
}

/// Sends a postback, and returns the status of the response.
async fn send(inbox: &Inbox, invoice: &str, order: &str) -> Result<u16> {
    Ok(inbox.receive(&postback(invoice, order)?).await.status())
}

/// The only report of an invoice.
async fn record(inbox: &Inbox, invoice: &str) -> Result<Record> {
    let mut records = inbox.find(invoice).await?;
    assert_eq!(records.len(), 1, "{records:?}");
    Ok(records.remove(0))
}
