use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use crate::{
    Handler, Identity, Inbox, InboxBuildError, MemoryStore, Payment, Record, Report, StoreError,
    StoreErrorKind,
};

/// An inbox in memory with a clock to turn, for tests of a handler together with its retries.
///
/// A handler whose `Tx` is a database connection is tested more simply: call it with a payment from
/// [`Payment::builder`] and a connection to a test database.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cryptocloud_postback::InvoiceId;
/// use cryptocloud_postback_inbox::{Failure, Handler, Payment, State, TestInbox};
///
/// struct Flaky;
///
/// impl Handler<()> for Flaky {
///     async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
///         match payment.attempt() {
///             1 => Err(Failure::retry("database is down")),
///             _ => Ok(()),
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let inbox = TestInbox::new(Flaky)?;
/// let payment = Payment::builder(InvoiceId::parse("ILRAJE1Q")?).build();
/// assert_eq!(inbox.deliver(&payment).await?.state, State::Failed);
///
/// inbox.advance(Duration::from_secs(2)).await?;
/// assert_eq!(inbox.record(&payment).await?.state, State::Done);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestInbox {
    /// Milliseconds since the test began.
    clock: Arc<AtomicU64>,
    inbox: Inbox,
}

impl TestInbox {
    /// Makes an inbox for this handler, with the defaults.
    ///
    /// # Errors
    ///
    /// Returns an error outside of a tokio runtime.
    pub fn new(handler: impl Handler<()>) -> Result<Self, InboxBuildError> {
        let clock = Arc::<AtomicU64>::default();
        let time = Arc::clone(&clock);
        let store = MemoryStore::with_clock(100_000, move || {
            let passed = Duration::from_millis(time.load(Ordering::SeqCst));
            SystemTime::UNIX_EPOCH + START + passed
        });
        let inbox = Inbox::builder(PROJECT, store, handler).build()?;
        Ok(Self { clock, inbox })
    }

    /// The inbox, for its operator's methods.
    #[must_use]
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Delivers a payment as a postback, and runs the handler unless it is known.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub async fn deliver(&self, payment: &Payment) -> Result<Record, StoreError> {
        self.inbox.import(&report_of(payment)).await?;
        self.inbox.run_once().await?;
        self.record(payment).await
    }

    /// Turns the clock on, and runs what is due then.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub async fn advance(&self, duration: Duration) -> Result<(), StoreError> {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.clock.fetch_add(millis, Ordering::SeqCst);
        self.inbox.run_once().await?;
        Ok(())
    }

    /// What the inbox knows of a payment.
    ///
    /// # Errors
    ///
    /// Returns `NotFound` if it was not delivered.
    pub async fn record(&self, payment: &Payment) -> Result<Record, StoreError> {
        let report = report_of(payment);
        let invoice_id = payment.invoice_id().as_str();
        let records = self.inbox.store().find(PROJECT, invoice_id).await?;
        let is_known = |record: &Record| record.report.fingerprint == report.fingerprint;
        let record = records.into_iter().find(is_known);
        record.ok_or_else(|| StoreErrorKind::NotFound.into())
    }
}

fn report_of(payment: &Payment) -> Report {
    let report = payment.claim().report.clone();
    let identity = Identity::from_parts(
        PROJECT,
        report.invoice_id().clone(),
        report.identity.transactions().copied(),
    );
    Report { identity, ..report }
}

const PROJECT: &str = "test";
/// The vendor's example was paid a moment before.
const START: Duration = Duration::from_secs(1_767_262_995);
