//! The memory store's table.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use cryptocloud_postback::UnixTime;

use crate::{
    Claim, ClaimId, Conflict, Fingerprint, Lease, Owner, Report, StoreError,
    rules::{Record, State, Step},
};

/// What is known, by the digest of the key and the fingerprint.
#[derive(Default)]
pub(crate) struct Slots {
    keys: HashMap<[u8; 32], HashMap<Fingerprint, Slot>>,
    len: usize,
}

impl Slots {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.keys.values().flat_map(HashMap::values)
    }

    pub(crate) fn find(&mut self, id: &ClaimId) -> Option<&mut Slot> {
        self.keys.get_mut(id.key())?.get_mut(id.fingerprint())
    }

    pub(crate) fn insert(&mut self, id: ClaimId, slot: Slot) {
        let key = self.keys.entry(*id.key()).or_default();
        if key.insert(*id.fingerprint(), slot).is_none() {
            self.len += 1;
        }
    }

    pub(crate) fn records(&self, id: &ClaimId, now: SystemTime) -> Vec<Record> {
        let slots = self.keys.get(id.key()).into_iter().flatten();
        slots
            .map(|(fingerprint, slot)| slot.record(*fingerprint, now))
            .collect()
    }

    /// Does what the rules say with a slot that is there.
    pub(crate) fn carry_out(
        &mut self,
        step: Step,
        id: &ClaimId,
        now: SystemTime,
        lease: Duration,
    ) -> Result<Claim, StoreError> {
        match step {
            Step::Acquire {
                demote,
                fence,
                lead,
            } => {
                let demoted = demote.map(|fingerprint| ClaimId::new(*id.key(), fingerprint));
                if let Some(slot) = demoted.and_then(|demoted| self.find(&demoted)) {
                    slot.state = State::Free;
                    slot.lead = false;
                    slot.changed_at = now;
                }
                let owner = Owner::unique();
                if let Some(slot) = self.find(id) {
                    slot.fence = fence;
                    slot.lead = lead;
                    slot.lease_until = later(now, lease);
                    slot.owner = Some(owner);
                    slot.state = State::InFlight;
                    slot.changed_at = now;
                }
                Ok(Claim::Acquired(Lease::new(*id, owner, fence)))
            }
            Step::Answer(claim) => Ok(claim),
            Step::Keep => {
                if let Some(slot) = self.find(id) {
                    slot.received_at = Some(now);
                    slot.state = State::Conflict;
                    slot.changed_at = now;
                }
                Ok(Claim::Conflict)
            }
            Step::Refuse(kind) => Err(kind.into()),
        }
    }

    /// The one that was released last has the highest fencing number, so no other is needed.
    pub(crate) fn forget_other_free(&mut self, id: &ClaimId) {
        if let Some(slots) = self.keys.get_mut(id.key()) {
            let before = slots.len();
            slots.retain(|fingerprint, slot| {
                slot.state != State::Free || fingerprint == id.fingerprint()
            });
            self.len -= before - slots.len();
        }
    }

    pub(crate) fn purge(
        &mut self,
        project: &str,
        age: Duration,
        limit: u32,
        now: SystemTime,
    ) -> u64 {
        let mut purged = 0;
        self.keys.retain(|_, slots| {
            slots.retain(|_, slot| {
                let goes = purged < u64::from(limit)
                    && slot.report.key().project() == project
                    && slot.is_settled_since(age, now);
                purged += u64::from(goes);
                !goes
            });
            !slots.is_empty()
        });
        self.len = self.keys.values().map(HashMap::len).sum();
        purged
    }
}

/// What is known of one report.
pub(crate) struct Slot {
    pub(crate) changed_at: SystemTime,
    pub(crate) fence: u64,
    pub(crate) lead: bool,
    pub(crate) lease_until: SystemTime,
    pub(crate) owner: Option<Owner>,
    /// When it became a conflict.
    pub(crate) received_at: Option<SystemTime>,
    pub(crate) report: Report,
    pub(crate) state: State,
}

impl Slot {
    pub(crate) fn new(report: Report, now: SystemTime) -> Self {
        Self {
            changed_at: now,
            fence: 0,
            lead: false,
            lease_until: now,
            owner: None,
            received_at: None,
            report,
            state: State::Free,
        }
    }

    pub(crate) fn conflict(&self) -> Option<Conflict> {
        let received_at = self.received_at?;
        let is_open = matches!(self.state, State::Conflict | State::InFlight);
        // A clock before 1970 still shows the conflict.
        let received_at = UnixTime::try_from(received_at).unwrap_or(UnixTime::from_secs(0));
        is_open.then(|| Conflict::new(self.report.clone(), received_at))
    }

    pub(crate) fn is_of(&self, lease: &Lease) -> bool {
        self.owner.as_ref() == Some(lease.owner()) && self.fence == lease.fence()
    }

    pub(crate) fn is_held_by(&self, lease: &Lease) -> bool {
        self.state == State::InFlight && self.is_of(lease)
    }

    fn is_settled_since(&self, age: Duration, now: SystemTime) -> bool {
        let is_settled = matches!(self.state, State::Discarded | State::Done | State::Free);
        let since = now.duration_since(self.changed_at).unwrap_or_default();
        is_settled && since >= age
    }

    fn record(&self, fingerprint: Fingerprint, now: SystemTime) -> Record {
        Record {
            fence: self.fence,
            fingerprint,
            lead: self.lead,
            lease_left: self.lease_until.duration_since(now).unwrap_or_default(),
            state: self.state,
        }
    }
}

/// A lease beyond the end of time is none.
pub(crate) fn later(now: SystemTime, duration: Duration) -> SystemTime {
    now.checked_add(duration).unwrap_or(now)
}
