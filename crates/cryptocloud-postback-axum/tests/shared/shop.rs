//! A shop whose handler does what the order says.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use cryptocloud_postback::testing::PostbackBuilder;
use cryptocloud_postback_inbox::{
    Failure, Handler, Inbox, InboxBuilder, Limits, MemoryStore, Payment, Record,
};
use tokio::sync::Notify;

use crate::{faulty::FaultyStore, verifier::SECRET};

#[derive(Clone, Default)]
pub(crate) struct Shop {
    clock: Arc<AtomicU64>,
    finished: Arc<AtomicUsize>,
    started: Arc<AtomicUsize>,
    /// Lets a handler of the order `gate` finish.
    pub(crate) gate: Arc<Notify>,
    /// A handler has begun.
    pub(crate) has_started: Arc<Notify>,
}

impl Handler<()> for Shop {
    async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
        self.started.fetch_add(1, Ordering::SeqCst);
        self.has_started.notify_one();
        match payment.order_id() {
            Some("fail") if payment.attempt() == 1 => {
                return Err(Failure::retry("database is down"));
            }
            Some("gate") => self.gate.notified().await,
            Some("hold") => return Err(Failure::hold("no such order")),
            Some("panic") if payment.attempt() == 1 => panic!("a bug of the shop"),
            _ => (),
        }
        self.finished.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

impl Shop {
    /// A store whose clock stands still until [`advance`](Self::advance).
    pub(crate) fn store(&self) -> FaultyStore {
        let clock = Arc::clone(&self.clock);
        FaultyStore::new(MemoryStore::with_clock(100, move || {
            SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst))
        }))
    }

    pub(crate) fn advance(&self, secs: u64) {
        self.clock.fetch_add(secs, Ordering::SeqCst);
    }

    pub(crate) fn builder(&self, store: FaultyStore) -> InboxBuilder<FaultyStore, Self> {
        Inbox::builder("shop", store, self.clone())
    }

    /// An inbox that responds before a handler behind the gate has finished.
    pub(crate) fn impatient(&self, store: FaultyStore) -> InboxBuilder<FaultyStore, Self> {
        let mut limits = Limits::default();
        limits.response = Duration::from_millis(50);
        self.builder(store).limits(limits)
    }

    /// How often the handler began, and how often it finished.
    pub(crate) fn runs(&self) -> (usize, usize) {
        let load = |count: &AtomicUsize| count.load(Ordering::SeqCst);
        (load(&self.started), load(&self.finished))
    }
}

pub(crate) fn postback(invoice_id: &str, order_id: &str) -> PostbackBuilder {
    PostbackBuilder::new(SECRET)
        .invoice_id(invoice_id)
        .order_id(order_id)
}

/// The only report of an invoice.
pub(crate) async fn record(inbox: &Inbox, invoice_id: &str) -> Record {
    let mut records = inbox.find(invoice_id).await.expect("reports");
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0)
}
