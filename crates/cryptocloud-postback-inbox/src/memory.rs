use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;

use crate::{
    Claim, ClaimId, Conflict, InboxStore, Lease, Report, StoreError, StoreErrorKind,
    rules::{self, State, Step},
    slots::{self, Slot, Slots},
};

/// Claims in the memory of **one process**: a second process or a restart knows nothing of them.
///
/// For tests, and for a service of one instance whose own tables refuse a payment that is already
/// there.
/// It is bounded: where it is full, claims fail until [`purge`](InboxStore::purge) makes room, and
/// nothing is ever evicted.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback_inbox::{Inbox, MemoryStore};
///
/// let inbox = Inbox::new("shop", MemoryStore::new(100_000))?;
/// # Ok::<_, cryptocloud_postback_inbox::InboxBuildError>(())
/// ```
pub struct MemoryStore {
    capacity: usize,
    clock: Clock,
    slots: Mutex<Slots>,
}

type Clock = Box<dyn Fn() -> SystemTime + Send + Sync>;

impl MemoryStore {
    /// For at most this many reports.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self::with_clock(capacity, SystemTime::now)
    }

    /// Takes the time from here and not from the system's clock, for tests.
    #[must_use]
    pub fn with_clock(
        capacity: usize,
        clock: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        Self {
            capacity,
            clock: Box::new(clock),
            slots: Mutex::default(),
        }
    }

    /// Nothing here panics between two changes, so a poisoned lock guards whole slots.
    fn with<T>(&self, run: impl FnOnce(&mut Slots, SystemTime) -> T) -> T {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        run(&mut slots, (self.clock)())
    }

    /// Runs on the slot that the lease holds.
    fn held(
        &self,
        lease: &Lease,
        run: impl FnOnce(&mut Slot, SystemTime),
    ) -> Result<(), StoreError> {
        self.with(|slots, now| {
            let slot = slots.find(lease.id()).filter(|slot| slot.is_held_by(lease));
            let slot = slot.ok_or(StoreErrorKind::StaleLease)?;
            run(slot, now);
            Ok(())
        })
    }
}

#[async_trait]
impl InboxStore for MemoryStore {
    async fn claim(&self, report: &Report, lease: Duration) -> Result<Claim, StoreError> {
        self.with(|slots, now| {
            let id = ClaimId::from(report);
            let step = rules::claim(&slots.records(&id, now), id.fingerprint());
            let changes = matches!(step, Step::Acquire { .. } | Step::Keep);
            if changes && slots.find(&id).is_none() {
                if slots.len() >= self.capacity {
                    return Err(StoreErrorKind::Full.into());
                }
                slots.insert(id, Slot::new(report.clone(), now));
            }
            slots.carry_out(step, &id, now, lease)
        })
    }

    async fn complete(&self, lease: &Lease) -> Result<(), StoreError> {
        self.with(|slots, now| {
            let slot = slots.find(lease.id()).filter(|slot| slot.is_of(lease));
            match slot {
                Some(slot) if matches!(slot.state, State::InFlight | State::Done) => {
                    slot.state = State::Done;
                    slot.changed_at = now;
                    Ok(())
                }
                _ => Err(StoreErrorKind::StaleLease.into()),
            }
        })
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.held(lease, |slot, now| {
            slot.state = match slot.received_at {
                Some(_) => State::Conflict,
                None => State::Free,
            };
            slot.lead = false;
            slot.changed_at = now;
        })?;
        self.with(|slots, _| slots.forget_other_free(lease.id()));
        Ok(())
    }

    async fn renew(&self, lease: &Lease, duration: Duration) -> Result<(), StoreError> {
        self.held(lease, |slot, now| {
            slot.lease_until = slots::later(now, duration)
        })
    }

    async fn purge(&self, project: &str, age: Duration, limit: u32) -> Result<u64, StoreError> {
        Ok(self.with(|slots, now| slots.purge(project, age, limit, now)))
    }

    async fn conflicts(
        &self,
        project: &str,
        after: Option<&ClaimId>,
        limit: u32,
    ) -> Result<Vec<Conflict>, StoreError> {
        let mut found: Vec<Conflict> = self.with(|slots, _| {
            let open = slots.iter().filter_map(Slot::conflict);
            open.filter(|conflict| conflict.report.key().project() == project)
                .filter(|conflict| after.is_none_or(|after| conflict.id() > *after))
                .collect()
        });
        found.sort_by_key(Conflict::id);
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn conflict(&self, id: &ClaimId) -> Result<Option<Conflict>, StoreError> {
        Ok(self.with(|slots, _| slots.find(id).and_then(|slot| slot.conflict())))
    }

    async fn accept(&self, id: &ClaimId, lease: Duration) -> Result<Claim, StoreError> {
        self.with(|slots, now| {
            let step = rules::accept(&slots.records(id, now), id.fingerprint());
            slots.carry_out(step, id, now, lease)
        })
    }

    async fn discard(&self, id: &ClaimId) -> Result<(), StoreError> {
        self.with(|slots, now| {
            let slot = slots.find(id).filter(|slot| slot.state == State::Conflict);
            let slot = slot.ok_or(StoreErrorKind::NotFound)?;
            slot.state = State::Discarded;
            slot.changed_at = now;
            Ok(())
        })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
