use cryptocloud_postback::UnixTime;

use crate::{Accepted, Event, Report, ReportId, State};

/// A stored report, as an operator sees it. Times are the store's.
///
/// Its fields are complete, because stores make it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: ReportId,
    /// What was reported. Without fields if the retention has cleared them.
    pub report: Report,
    /// Its state.
    pub state: State,
    /// How many attempts were made since it was received, accepted or last retried by an operator.
    pub attempts: u32,
    /// Why it is, or was, held; for a conflict from reconciliation, why it was stored.
    pub hold: Option<Hold>,
    /// The error of the last failed attempt.
    pub last_error: Option<Box<str>>,
    /// What an operator named when accepting it.
    pub accepted: Option<Accepted>,
    /// When it was stored.
    pub received_at: UnixTime,
    /// When a worker may claim it, or while running, when the lease ends; `None` in other states.
    pub due_at: Option<UnixTime>,
    /// When it was done or discarded. The retention counts from here.
    pub settled_at: Option<UnixTime>,
}

/// Why a report is held for review.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hold {
    /// The kind of reason.
    pub kind: HoldKind,
    /// The reason in words, for the operator. Empty if the kind says it all.
    pub reason: Box<str>,
}

impl Hold {
    /// A hold of this kind.
    #[must_use]
    pub fn new(kind: HoldKind, reason: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            reason: reason.into(),
        }
    }
}

/// The kind of reason why a report is held.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum HoldKind {
    /// The handler kept failing for the whole retry span, 7 days unless configured otherwise.
    AttemptsUsedUp,
    /// The vendor's API says that the invoice is paid, but the postback reports something else.
    Differs,
    /// The handler asked for a review, for instance because the payment matches no order.
    Handler,
    /// A handler with a transaction of its own returned `Ok`, but its settle was not committed.
    NotSettled,
    /// The vendor's API states more as paid than what an operator accepted or discarded before, and no
    /// postback came. It is a conflict beside an accepted report.
    PaidMore,
    /// The handler ended the given transaction itself, so what it wrote may be committed.
    TransactionEnded,
    /// The vendor's API says that the invoice is not paid as it has to be, or did not confirm it in
    /// time.
    Unconfirmed,
    /// The report has no transaction hashes, which the identity policy needs.
    Unidentified,
}

impl HoldKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::AttemptsUsedUp,
        Self::Differs,
        Self::Handler,
        Self::NotSettled,
        Self::PaidMore,
        Self::TransactionEnded,
        Self::Unconfirmed,
        Self::Unidentified,
    ];

    /// The name in lower case, which stores use as the column value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AttemptsUsedUp => "kept failing for the whole retry span",
            Self::Differs => "differs",
            Self::Handler => "handler",
            Self::NotSettled => "settle was not committed",
            Self::PaidMore => "more was paid",
            Self::TransactionEnded => "handler ended the transaction",
            Self::Unconfirmed => "unconfirmed",
            Self::Unidentified => "no transaction hashes",
        }
    }

    /// Reads [`as_str`](Self::as_str), or returns `None` if the string names no kind.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Who decides something, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decision {
    /// The operator, or the program that acts for one: `confirmation` is the inbox itself, in
    /// [`resolve_conflicts`](crate::Inbox::resolve_conflicts). It is stored as given.
    pub by: Box<str>,
    /// A note for the history.
    pub note: Option<Box<str>>,
}

impl Decision {
    /// A decision of this operator.
    #[must_use]
    pub fn by(by: impl Into<Box<str>>) -> Self {
        Self {
            by: by.into(),
            note: None,
        }
    }

    /// With a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<Box<str>>) -> Self {
        self.note = Some(note.into());
        self
    }
}

/// One decision about a report, as the history keeps it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decided {
    /// When, by the store's clock.
    pub at: UnixTime,
    /// Who, and why.
    pub decision: Decision,
    /// [`Event::Accept`], [`Event::Retry`] or [`Event::Discard`].
    pub event: Event,
    /// The state before.
    pub from: State,
    /// What the operator named, if the report was accepted.
    pub accepted: Option<Accepted>,
}

/// How many reports of a project are in each state that needs work.
///
/// Done and discarded ones are not counted, since that would read the whole table.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Reports that wait for a worker.
    pub received: u64,
    /// Reports that a worker holds.
    pub running: u64,
    /// Reports that wait for the next attempt.
    pub failed: u64,
    /// Reports that wait for an operator.
    pub held: u64,
    /// Reports that differ from one that is unfinished or done.
    pub conflict: u64,
}
