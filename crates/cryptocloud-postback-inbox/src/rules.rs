//! What a claim leads to: for authors of stores.
//!
//! A store keeps one [`Record`] for each [`Fingerprint`] that a [`Key`](crate::Key) was reported with.
//! At most one of them is the lead: the one that is in flight or done because nothing else was known
//! of its invoice.
//! While there is a lead, every other report is a conflict, which waits for an operator.
//!
//! A store reads the records of a key, asks [`claim`] or [`accept`], and carries out the [`Step`], all
//! in one transaction.

use std::time::Duration;

use crate::{Claim, Fingerprint, StoreErrorKind};

/// What a store knows of one report.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "stores make it, and a new field is a new rule for them"
)]
pub struct Record {
    /// The fencing number of its latest lease, 0 where there was none.
    pub fence: u64,
    /// The reported fields.
    pub fingerprint: Fingerprint,
    /// Whether all other reports of its key are conflicts.
    pub lead: bool,
    /// How much longer its lease runs; zero where it ran out, or there is none.
    pub lease_left: Duration,
    /// Where it stands.
    pub state: State,
}

/// Where a report stands. The numbers are for a store's columns.
///
/// Closed, as a store has to know what each one means.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum State {
    /// Released: nothing came of it.
    Free = 0,
    /// Somebody holds a lease, or it ran out.
    InFlight = 1,
    /// Processed.
    Done = 2,
    /// Kept for an operator.
    Conflict = 3,
    /// Refused by an operator.
    Discarded = 4,
}

impl State {
    /// From a store's column.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        [
            Self::Free,
            Self::InFlight,
            Self::Done,
            Self::Conflict,
            Self::Discarded,
        ]
        .into_iter()
        .find(|state| state.number() == number)
    }

    /// For a store's column.
    #[must_use]
    pub fn number(self) -> i64 {
        (self as u8).into()
    }
}

/// What a store has to do.
///
/// Closed, as a store has to be able to do each one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// Grant a lease.
    Acquire {
        /// The record whose crashed holder loses the lead: it becomes [`State::Free`].
        demote: Option<Fingerprint>,
        /// The fencing number of the new lease.
        fence: u64,
        /// Whether the record is the lead from now on.
        lead: bool,
    },
    /// Change nothing, and answer this.
    Answer(Claim),
    /// Keep the report as [`State::Conflict`] with its time and fields, and answer
    /// [`Claim::Conflict`].
    Keep,
    /// Change nothing, and fail.
    Refuse(StoreErrorKind),
}

/// What a claim of the report with this fingerprint leads to.
#[must_use]
pub fn claim(records: &[Record], fingerprint: &Fingerprint) -> Step {
    let known = Known::new(records, fingerprint);
    let state = known.own.map_or(State::Free, |own| own.state);
    match (state, known.own, known.lead) {
        (State::Done, _, _) => Step::Answer(Claim::Done),
        (State::InFlight, Some(own), _) => known.take_over(own),
        (State::Discarded, _, _) | (State::Conflict, _, Some(_)) => Step::Answer(Claim::Conflict),
        (State::Conflict, _, None) | (_, _, None) => known.acquire(true, None),
        (_, _, Some(_)) if known.kept() >= MAX_CONFLICTS => Step::Refuse(StoreErrorKind::Full),
        (_, _, Some(_)) => Step::Keep,
    }
}

/// What the acceptance of the report with this fingerprint leads to.
#[must_use]
pub fn accept(records: &[Record], fingerprint: &Fingerprint) -> Step {
    let known = Known::new(records, fingerprint);
    let Some(own) = known.own else {
        return Step::Refuse(StoreErrorKind::NotFound);
    };
    match own.state {
        State::Free | State::Discarded => Step::Refuse(StoreErrorKind::NotFound),
        State::InFlight => known.take_over(own),
        State::Done => Step::Answer(Claim::Done),
        State::Conflict => match known.lead {
            None => known.acquire(true, None),
            // Both are processed then, by the operator's will.
            Some(lead) if lead.state == State::Done => known.acquire(false, None),
            Some(lead) if is_live(lead) => in_flight(lead),
            // Its worker died. Should it be reported again, it conflicts with the accepted one.
            Some(lead) => known.acquire(true, Some(lead.fingerprint)),
        },
    }
}

/// How many reports of one key are kept for an operator: whoever holds a valid token can make up any
/// number of them.
pub const MAX_CONFLICTS: usize = 32;

struct Known<'a> {
    lead: Option<&'a Record>,
    own: Option<&'a Record>,
    records: &'a [Record],
}

impl<'a> Known<'a> {
    fn new(records: &'a [Record], fingerprint: &Fingerprint) -> Self {
        let find = |is: &dyn Fn(&Record) -> bool| records.iter().find(|record| is(record));
        Self {
            lead: find(&|record| record.lead),
            own: find(&|record| record.fingerprint == *fingerprint),
            records,
        }
    }

    fn acquire(&self, lead: bool, demote: Option<Fingerprint>) -> Step {
        let last = self.records.iter().map(|record| record.fence).max();
        Step::Acquire {
            demote,
            fence: last.unwrap_or(0).saturating_add(1),
            lead,
        }
    }

    fn take_over(&self, own: &Record) -> Step {
        match is_live(own) {
            true => in_flight(own),
            false => self.acquire(own.lead, None),
        }
    }

    fn kept(&self) -> usize {
        let is_kept = |record: &&Record| matches!(record.state, State::Conflict | State::Discarded);
        self.records.iter().filter(is_kept).count()
    }
}

fn is_live(record: &Record) -> bool {
    record.state == State::InFlight && !record.lease_left.is_zero()
}

fn in_flight(record: &Record) -> Step {
    Step::Answer(Claim::InFlight {
        retry_after: record.lease_left,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Fingerprint = Fingerprint::from_bytes([1; 32]);
    const OTHER: Fingerprint = Fingerprint::from_bytes([2; 32]);
    const LEFT: Duration = Duration::from_secs(7);
    const NONE: Duration = Duration::ZERO;

    fn record(fingerprint: Fingerprint, state: State, lead: bool, lease_left: Duration) -> Record {
        Record {
            fence: 4,
            fingerprint,
            lead,
            lease_left,
            state,
        }
    }

    fn acquire(lead: bool, demote: Option<Fingerprint>) -> Step {
        Step::Acquire {
            demote,
            fence: 5,
            lead,
        }
    }

    const IN_FLIGHT: Step = Step::Answer(Claim::InFlight { retry_after: LEFT });
    const DONE: Step = Step::Answer(Claim::Done);
    const CONFLICT: Step = Step::Answer(Claim::Conflict);
    const NOT_FOUND: Step = Step::Refuse(StoreErrorKind::NotFound);

    #[test]
    fn alone() {
        use State::{Conflict, Discarded, Done, Free, InFlight};
        #[track_caller]
        fn check(state: State, left: Duration, claimed: Step, accepted: Step) {
            let lead = matches!(state, InFlight | Done);
            let records = [record(OWN, state, lead, left)];
            assert_eq!(claim(&records, &OWN), claimed, "claim {state:?}");
            assert_eq!(accept(&records, &OWN), accepted, "accept {state:?}");
        }
        check(Free, NONE, acquire(true, None), NOT_FOUND);
        check(InFlight, LEFT, IN_FLIGHT, IN_FLIGHT);
        check(InFlight, NONE, acquire(true, None), acquire(true, None));
        check(Done, NONE, DONE, DONE);
        check(Conflict, NONE, acquire(true, None), acquire(true, None));
        check(Discarded, NONE, CONFLICT, NOT_FOUND);
        let first = Step::Acquire {
            demote: None,
            fence: 1,
            lead: true,
        };
        assert_eq!(claim(&[], &OWN), first);
        assert_eq!(accept(&[], &OWN), NOT_FOUND);
    }

    #[test]
    fn beside_a_lead() {
        use State::{Conflict, Discarded, Done, Free, InFlight};
        #[track_caller]
        fn check(lead: (State, Duration), own: State, left: Duration, steps: (Step, Step)) {
            let records = [
                record(OTHER, lead.0, true, lead.1),
                record(OWN, own, false, left),
            ];
            assert_eq!(claim(&records, &OWN), steps.0, "claim {own:?}");
            assert_eq!(accept(&records, &OWN), steps.1, "accept {own:?}");
        }
        let done = (Done, NONE);
        check(done, Free, NONE, (Step::Keep, NOT_FOUND));
        check(done, Conflict, NONE, (CONFLICT, acquire(false, None)));
        check(done, Discarded, NONE, (CONFLICT, NOT_FOUND));
        check(done, InFlight, LEFT, (IN_FLIGHT, IN_FLIGHT));
        let taken = (acquire(false, None), acquire(false, None));
        check(done, InFlight, NONE, taken);
        check(done, Done, NONE, (DONE, DONE));
        check((InFlight, LEFT), Free, NONE, (Step::Keep, NOT_FOUND));
        check((InFlight, LEFT), Conflict, NONE, (CONFLICT, IN_FLIGHT));
        check((InFlight, NONE), Free, NONE, (Step::Keep, NOT_FOUND));
        let demoted = (CONFLICT, acquire(true, Some(OTHER)));
        check((InFlight, NONE), Conflict, NONE, demoted);
    }

    #[test]
    fn conflicts_of_one_key_are_bounded() {
        let mut records = vec![record(OTHER, State::Done, true, NONE)];
        for number in 0..MAX_CONFLICTS {
            assert_eq!(claim(&records, &OWN), Step::Keep, "{number}");
            let byte = u8::try_from(number + 10).unwrap_or(u8::MAX);
            let fingerprint = Fingerprint::from_bytes([byte; 32]);
            let state = [State::Conflict, State::Discarded][number % 2];
            records.push(record(fingerprint, state, false, NONE));
        }
        let full = Step::Refuse(StoreErrorKind::Full);
        assert_eq!(claim(&records, &OWN), full);
    }

    #[test]
    fn numbers_round_trip() {
        for number in 0..5 {
            assert_eq!(State::from_number(number).map(State::number), Some(number));
        }
        assert_eq!(State::from_number(5), None);
        assert_eq!(State::from_number(-1), None);
    }
}
