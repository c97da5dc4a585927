mod decide;
mod rows;
mod store;

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use self::rows::Rows;
use crate::{Attempt, Handler, Settled, Settles, StoreError, StoreErrorKind};

/// Keeps reports in the memory of **one process**: a restart loses them, and a second process knows
/// nothing of them.
///
/// For tests and for trying things out. A payment that got a 200 is lost in a restart only if it was
/// not settled yet, but after a restart a resend is handled again.
/// It is bounded: if it is full, new reports are not stored, and nothing is evicted.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback_inbox::MemoryStore;
///
/// let store = MemoryStore::new(100_000);
/// ```
pub struct MemoryStore {
    capacity: usize,
    clock: Clock,
    rows: Mutex<Rows>,
}

type Clock = Box<dyn Fn() -> SystemTime + Send + Sync>;

impl MemoryStore {
    /// Makes a store for at most this many reports.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self::with_clock(capacity, SystemTime::now)
    }

    /// Overrides the clock, for tests.
    #[must_use]
    pub fn with_clock(
        capacity: usize,
        clock: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        Self {
            capacity,
            clock: Box::new(clock),
            rows: Mutex::default(),
        }
    }

    /// Nothing in here panics between two changes, so a poisoned lock guards whole rows.
    fn with<T>(&self, run: impl FnOnce(&mut Rows, SystemTime) -> T) -> T {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        run(&mut rows, (self.clock)())
    }

    fn check_room(&self, rows: &Rows) -> Result<(), StoreError> {
        match rows.len() < self.capacity {
            true => Ok(()),
            false => Err(StoreErrorKind::Full.into()),
        }
    }
}

/// The handler's effect and the state `done` are two steps here.
impl Settles for MemoryStore {
    type Tx = ();

    /// So that tests can use the store-first mode and reconciliation. A restart loses everything
    /// anyway.
    const IS_ATOMIC: bool = true;

    async fn settle<H: Handler<()>>(&self, attempt: Attempt<'_, H>) -> Settled {
        if let Err(failure) = attempt.run(&mut ()).await {
            return Settled::Failed(failure);
        }
        match self.with(|rows, now| rows.settle(attempt.claim(), now)) {
            Ok(()) => Settled::Done,
            Err(_) => Settled::Stale,
        }
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
