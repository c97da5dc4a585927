//! The transition table: which event leads from which state to which.
//!
//! [`TABLE`] is the only place that decides it.
//! [`MemoryStore`](crate::MemoryStore) asks [`next`] before every change, SQL and Lua statements
//! say the same in their own language, and the contract suite compares each store with the table:
//! every event, in every state, under every fact.
//! `tests/model` lets a model checker explore the same table.
//!
//! To look up a transition, read the rules of the event from the top.
//! The first rule whose `from` lists the state and whose `when` facts all hold decides.

use std::fmt;

use crate::State;

/// Something that happens to a report.
///
/// The set is closed, so that a store has to implement all of it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Event {
    /// A postback arrives. A report is known if its fields are, or if reconciliation stored it and
    /// no postback has [adopted](crate::InboxStore::receive) it yet.
    Receive,
    /// The vendor's API says that the invoice is paid.
    Reconcile,
    /// A worker looks for work.
    Claim,
    /// The worker extends its lease, after confirmation and before the transaction begins.
    Renew,
    /// The worker ends the merchant's transaction.
    Settle,
    /// The worker holds the report for review.
    Hold,
    /// The worker's attempt failed.
    Fail,
    /// The worker releases the report without an attempt.
    Postpone,
    /// A worker looks for conflicts that no longer wait for another report.
    Promote,
    /// An operator accepts the report and names the amount.
    Accept,
    /// An operator asks for another attempt.
    Retry,
    /// An operator, or [`Inbox::resolve_conflicts`](crate::Inbox::resolve_conflicts), decides that the
    /// report is not a payment.
    Discard,
    /// The retention clears the reported fields; the identity stays.
    Purge,
    /// The retention deletes the report, identity included.
    Forget,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 14] = [
        Self::Receive,
        Self::Reconcile,
        Self::Claim,
        Self::Renew,
        Self::Settle,
        Self::Hold,
        Self::Fail,
        Self::Postpone,
        Self::Promote,
        Self::Accept,
        Self::Retry,
        Self::Discard,
        Self::Purge,
        Self::Forget,
    ];

    /// Whether only the worker that holds the claim may cause it.
    #[must_use]
    pub const fn is_fenced(self) -> bool {
        matches!(
            self,
            Self::Renew | Self::Settle | Self::Hold | Self::Fail | Self::Postpone
        )
    }
}

/// A circumstance that a rule depends on. The store finds out in the same transaction.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Fact {
    /// **Another** report of the identity [blocks](State::blocks).
    Blocked,
    /// A report of the identity was discarded.
    Discarded,
    /// It has been failing for longer than the retry span.
    Exhausted,
    /// The identity has [`MAX_REPORTS`] reports already.
    Full,
    /// Its time has not come: the delay, or while running the lease, is not over.
    NotDue,
    /// It was settled more recently than the retention.
    Recent,
    /// Reconciliation has stored a report of the identity before.
    Reconciled,
    /// Reconciliation says that the vendor states more as paid than what operators decided about, and
    /// they have [decided](is_decided) about every report of the identity.
    Rest,
    /// The worker's fence is not the report's: another worker took over.
    Stale,
    /// The inbox stores first and leaves the handler to the workers.
    StoreFirst,
    /// It was held because the vendor's API did not confirm it in time, or said that it is not paid as
    /// it has to be.
    Unconfirmed,
    /// The identity needs transaction hashes and the report has none.
    Unidentified,
}

impl Fact {
    /// Every fact.
    pub const ALL: [Self; 12] = [
        Self::Blocked,
        Self::Discarded,
        Self::Exhausted,
        Self::Full,
        Self::NotDue,
        Self::Recent,
        Self::Reconciled,
        Self::Rest,
        Self::Stale,
        Self::StoreFirst,
        Self::Unconfirmed,
        Self::Unidentified,
    ];

    const fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// Whether an operator has decided about a report for good, as [`Fact::Rest`] needs it of every one:
/// it is discarded, or done after an operator accepted it.
#[must_use]
pub const fn is_decided(state: State, is_accepted: bool) -> bool {
    matches!(state, State::Discarded) || (is_accepted && matches!(state, State::Done))
}

/// A set of [`Fact`]s.
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
pub struct Facts(u16);

impl Facts {
    /// No fact.
    pub const NONE: Self = Self(0);

    /// With one more fact, if `holds`.
    #[must_use]
    pub const fn with(self, fact: Fact, holds: bool) -> Self {
        if holds {
            Self(self.0 | fact.bit())
        } else {
            self
        }
    }

    /// Whether the set has this fact.
    #[must_use]
    pub const fn contains(self, fact: Fact) -> bool {
        self.0 & fact.bit() != 0
    }
}

impl FromIterator<Fact> for Facts {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        let add = |set: Self, fact| set.with(fact, true);
        facts.into_iter().fold(Self::NONE, add)
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = Fact::ALL.into_iter().filter(|fact| self.contains(*fact));
        f.debug_set().entries(facts).finish()
    }
}

/// What a rule leads to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Step {
    /// The report gets this state, which may be the one it has.
    Become(State),
    /// The report is deleted.
    Forget,
    /// Nothing changes, and the caller learns why.
    Refuse(Refusal),
    /// Nothing changes; a caller that receives learns the state.
    Stay,
}

/// Why an event changed nothing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Another report of the same payment is received, running, failed or done.
    #[error("another report of this payment is unfinished or done")]
    Blocked,
    /// An operator discarded a report of the same payment.
    #[error("a report of this payment was discarded")]
    Discarded,
    /// The payment has [`MAX_REPORTS`] reports.
    #[error("too many reports of this payment")]
    Full,
    /// A report of the same payment is held, and only an operator can tell whether it was credited.
    #[error("a report of this payment is held for an operator")]
    Held,
    /// Reconciliation has stored this payment before.
    #[error("reconciliation has stored this payment before")]
    Known,
    /// The delay or the lease is not over.
    #[error("report is not due yet")]
    NotDue,
    /// The retention is not over.
    #[error("retention is not over")]
    Recent,
    /// The caller does not hold the claim, or no longer.
    #[error("claim is stale: another worker took over, or the report was settled")]
    Stale,
    /// The event is not possible in the report's state.
    #[error("not possible in the state of this report")]
    State,
}

/// A row of the [`TABLE`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Rule {
    /// What happens.
    pub event: Event,
    /// The states that the rule is for; `None` is a report that is not stored.
    pub from: &'static [Option<State>],
    /// The facts that must all hold.
    pub when: &'static [Fact],
    /// What it leads to.
    pub step: Step,
}

/// The most reports that one identity can have.
///
/// A sender with a valid token can invent any number of differing reports of its invoice.
pub const MAX_REPORTS: usize = 32;

/// Every transition. See the [module](self) for how to read it.
pub const TABLE: &[Rule] = {
    use Event::*;
    use Fact::{Blocked, Exhausted, NotDue, Recent, Reconciled, Stale, StoreFirst};
    use Fact::{Full, Rest, Unconfirmed, Unidentified};
    use State::{Conflict, Done, Failed, Held, Received, Running};
    use Step::{Become, Refuse, Stay};

    const NEW: &[Option<State>] = &[None];
    const STORED: &[Option<State>] = &[
        Some(Received),
        Some(Running),
        Some(Failed),
        Some(Done),
        Some(Held),
        Some(Conflict),
        Some(State::Discarded),
    ];
    const WAITING: &[Option<State>] = &[Some(Received), Some(Failed), Some(Running)];
    const TRIED: &[Option<State>] = &[Some(Failed), Some(Running)];
    const RUNNING: &[Option<State>] = &[Some(Running)];
    const OPEN: &[Option<State>] = &[Some(Held), Some(Conflict)];
    const RETRIED: &[Option<State>] = &[Some(Failed), Some(Held)];
    const DISMISSED: &[Option<State>] = &[Some(Failed), Some(Held), Some(Conflict)];
    const SETTLED: &[Option<State>] = &[Some(Done), Some(State::Discarded)];

    &[
        rule(Receive, STORED, &[], Stay),
        rule(Receive, NEW, &[Full], Refuse(Refusal::Full)),
        rule(Receive, NEW, &[Unidentified], Become(Held)),
        rule(Receive, NEW, &[Blocked], Become(Conflict)),
        rule(Receive, NEW, &[StoreFirst], Become(Received)),
        rule(Receive, NEW, &[], Become(Running)),
        //
        // No operator sees what only the vendor states, and no worker may credit it by itself.
        rule(Reconcile, NEW, &[Rest, Blocked], Become(Conflict)),
        rule(Reconcile, NEW, &[Rest, Fact::Discarded], Become(Held)),
        rule(Reconcile, NEW, &[Rest], Refuse(Refusal::Known)),
        rule(Reconcile, NEW, &[Blocked], Refuse(Refusal::Blocked)),
        rule(
            Reconcile,
            NEW,
            &[Fact::Discarded],
            Refuse(Refusal::Discarded),
        ),
        rule(Reconcile, NEW, &[Reconciled], Refuse(Refusal::Known)),
        rule(Reconcile, NEW, &[], Become(Received)),
        rule(
            Reconcile,
            &[Some(Held)],
            &[Blocked],
            Refuse(Refusal::Blocked),
        ),
        rule(Reconcile, &[Some(Held)], &[Unconfirmed], Become(Received)),
        //
        rule(Claim, WAITING, &[NotDue], Refuse(Refusal::NotDue)),
        rule(Claim, TRIED, &[Exhausted], Become(Held)),
        rule(Claim, WAITING, &[], Become(Running)),
        //
        rule(Renew, RUNNING, &[Stale], Refuse(Refusal::Stale)),
        rule(Renew, RUNNING, &[], Become(Running)),
        rule(Settle, RUNNING, &[Stale], Refuse(Refusal::Stale)),
        rule(Settle, RUNNING, &[], Become(Done)),
        rule(Hold, RUNNING, &[Stale], Refuse(Refusal::Stale)),
        rule(Hold, RUNNING, &[], Become(Held)),
        rule(Fail, RUNNING, &[Stale], Refuse(Refusal::Stale)),
        rule(Fail, RUNNING, &[], Become(Failed)),
        rule(Postpone, RUNNING, &[Stale], Refuse(Refusal::Stale)),
        rule(Postpone, RUNNING, &[], Become(Received)),
        //
        rule(
            Promote,
            &[Some(Conflict)],
            &[Blocked],
            Refuse(Refusal::Blocked),
        ),
        rule(Promote, &[Some(Conflict)], &[], Become(Received)),
        //
        rule(Accept, OPEN, &[Blocked], Refuse(Refusal::Blocked)),
        rule(Accept, OPEN, &[], Become(Received)),
        rule(Retry, RETRIED, &[Blocked], Refuse(Refusal::Blocked)),
        rule(Retry, RETRIED, &[], Become(Received)),
        rule(Discard, DISMISSED, &[], Become(State::Discarded)),
        //
        rule(Purge, SETTLED, &[Recent], Refuse(Refusal::Recent)),
        rule(Purge, SETTLED, &[], Stay),
        rule(Forget, SETTLED, &[Recent], Refuse(Refusal::Recent)),
        rule(Forget, SETTLED, &[], Step::Forget),
    ]
};

/// Looks up the [`TABLE`]: what an event leads to for a report in this state, `None` if it is not
/// stored.
#[must_use]
pub fn next(from: Option<State>, event: Event, facts: Facts) -> Step {
    next_in(TABLE, from, event, facts)
}

/// Looks up a table, so that a test can leave out a rule and see what breaks.
#[must_use]
pub fn next_in(table: &[Rule], from: Option<State>, event: Event, facts: Facts) -> Step {
    let decides = |rule: &&Rule| {
        rule.event == event
            && rule.from.contains(&from)
            && rule.when.iter().all(|fact| facts.contains(*fact))
    };
    match table.iter().find(decides) {
        Some(rule) => rule.step,
        // A worker whose report has left the state `running` no longer holds the claim.
        None if event.is_fenced() => Step::Refuse(Refusal::Stale),
        None => Step::Refuse(Refusal::State),
    }
}

const fn rule(
    event: Event,
    from: &'static [Option<State>],
    when: &'static [Fact],
    step: Step,
) -> Rule {
    Rule {
        event,
        from,
        when,
        step,
    }
}
