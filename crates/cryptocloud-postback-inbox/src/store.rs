use std::{fmt, time::Duration};

use async_trait::async_trait;
use cryptocloud_postback::UnixTime;

use crate::{
    Accepted, Begin, Claim, Counts, Decided, Decision, Hold, Record, Report, ReportId, State,
    StoreError, Turn,
};

/// Where reports are kept.
///
/// [`transition::TABLE`](crate::transition::TABLE) decides what each method does; the feature
/// `contract-tests` has the suite that every store must pass.
///
/// - A method returns `Ok` only after its effect is as durable as the store can make it, and each
///   may be dropped at any await: its effect happens as a whole or not at all.
/// - A refusal of the table is [`StoreErrorKind::Refused`](crate::StoreErrorKind::Refused), and
///   nothing has changed then.
/// - Times are the store's own, never the caller's; durations count from the moment of the change.
/// - A project never sees or changes the reports of another: for it they are `NotFound`.
/// - At most one report of an identity [blocks](State::blocks), and at most one has each
///   fingerprint.
///
/// All methods fail with `Unavailable`, `TimedOut`, `OutcomeUnknown`, `ReadOnly` or `Corrupt` if the
/// database call fails; `# Errors` names the kinds beyond these.
#[async_trait]
pub trait InboxStore: fmt::Debug + Send + Sync + 'static {
    /// Checks that the store can be used: schema, privileges, durability. It changes nothing.
    ///
    /// # Errors
    ///
    /// `SchemaMissing`, `SchemaTooOld`, `SchemaTooNew`, `NotDurable`.
    async fn check(&self) -> Result<(), StoreError>;

    /// The store's clock.
    ///
    /// # Errors
    ///
    /// See the trait.
    async fn now(&self) -> Result<UnixTime, StoreError>;

    /// [`Event::Receive`](crate::Event::Receive): stores a postback's report, unless it is known.
    ///
    /// A report is known if the identity has one with the same fingerprint, which then stays as it
    /// is. If it has none, but one from reconciliation without a fingerprint, that one gets this
    /// fingerprint and stays as it is otherwise: the postback *adopts* it.
    /// A new one that [is unidentified](Report::is_unidentified) is held as `Unidentified`.
    ///
    /// It must not wait behind a transaction that settles the same identity.
    ///
    /// # Errors
    ///
    /// `Refused(Full)` if the identity has too many reports, `Full` if the store does.
    async fn receive(&self, report: &Report, start: Start) -> Result<Receipt, StoreError>;

    /// [`Event::Reconcile`](crate::Event::Reconcile): stores what the vendor's API says is paid and
    /// the inbox does not know, as received.
    ///
    /// If the identity has a report that is held as `Unconfirmed`, the oldest such one becomes
    /// received instead, with attempts and age reset.
    ///
    /// With `rest` the vendor states more as paid than what operators decided about. If every report
    /// of the identity is still discarded, or done and accepted, the report becomes a conflict, or held
    /// if none is done, and keeps this hold.
    ///
    /// # Errors
    ///
    /// `Refused(Blocked | Discarded | Known)`.
    async fn reconcile(&self, report: &Report, rest: Option<&Hold>)
    -> Result<ReportId, StoreError>;

    /// Gives this process the turn to reconcile the project, for the length of the lease. Returns
    /// `None` if another process has it, or if it is not due yet.
    ///
    /// The first call stores the time at which reconciliation started; every turn has it.
    /// Each turn has the next fence, and of the first one the fence is random.
    ///
    /// # Errors
    ///
    /// See the trait.
    async fn begin_reconciliation(
        &self,
        project: &str,
        lease: Duration,
        begin: Begin,
    ) -> Result<Option<Turn>, StoreError>;

    /// Ends a turn: the next one is due after `next`, and begins with this cursor. Without one the
    /// stored cursor stays.
    ///
    /// # Errors
    ///
    /// `Refused(Stale)` if another process has got a turn since.
    async fn end_reconciliation(
        &self,
        turn: &Turn,
        cursor: Option<UnixTime>,
        next: Duration,
    ) -> Result<(), StoreError>;

    /// [`Event::Claim`](crate::Event::Claim): claims up to `limit` due reports, those due longest
    /// first, each with the next fence and a lease.
    ///
    /// A report that is not received and has been failing for longer than `retry_span` becomes held,
    /// as `AttemptsUsedUp`; it counts toward the limit.
    /// It has been failing since its first [`fail`](Self::fail), or since its lease first ended
    /// without a move, counted from the last accept or operator's retry.
    ///
    /// Several processes claim at the same time without waiting for each other.
    ///
    /// # Errors
    ///
    /// See the trait.
    async fn claim(&self, project: &str, query: ClaimQuery) -> Result<Claimed, StoreError>;

    /// [`Event::Renew`](crate::Event::Renew): the lease ends this much later than now.
    ///
    /// # Errors
    ///
    /// `Refused(Stale)`.
    async fn renew(&self, claim: &Claim, lease: Duration) -> Result<(), StoreError>;

    /// [`Event::Hold`](crate::Event::Hold): the report waits for an operator.
    ///
    /// # Errors
    ///
    /// `Refused(Stale)`.
    async fn hold(&self, claim: &Claim, hold: &Hold) -> Result<(), StoreError>;

    /// [`Event::Fail`](crate::Event::Fail): the report is due for the next attempt after `delay`.
    ///
    /// # Errors
    ///
    /// `Refused(Stale)`.
    async fn fail(&self, claim: &Claim, error: &str, delay: Duration) -> Result<(), StoreError>;

    /// [`Event::Postpone`](crate::Event::Postpone): the report is due after `delay`, and the attempt
    /// does not count.
    ///
    /// # Errors
    ///
    /// `Refused(Stale)`.
    async fn postpone(
        &self,
        claim: &Claim,
        reason: &str,
        delay: Duration,
    ) -> Result<(), StoreError>;

    /// [`Event::Promote`](crate::Event::Promote): for up to `limit` identities that nothing blocks,
    /// the oldest conflict becomes received. Returns which.
    ///
    /// # Errors
    ///
    /// See the trait.
    async fn promote(&self, project: &str, limit: u32) -> Result<Vec<ReportId>, StoreError>;

    /// [`Event::Accept`](crate::Event::Accept): the report becomes received and due at once, with
    /// attempts and age reset. What was accepted replaces what was accepted before.
    ///
    /// # Errors
    ///
    /// `Refused(Blocked | State)`, `NotFound`.
    async fn accept(
        &self,
        project: &str,
        id: ReportId,
        accepted: &Accepted,
        decision: &Decision,
    ) -> Result<(), StoreError>;

    /// [`Event::Retry`](crate::Event::Retry): the report becomes received and due at once, with
    /// attempts and age reset.
    ///
    /// # Errors
    ///
    /// `Refused(Blocked | State)`, `NotFound`.
    async fn retry(
        &self,
        project: &str,
        id: ReportId,
        decision: &Decision,
    ) -> Result<(), StoreError>;

    /// [`Event::Discard`](crate::Event::Discard): the report is final, and not a payment.
    ///
    /// # Errors
    ///
    /// `Refused(State)`, `NotFound`.
    async fn discard(
        &self,
        project: &str,
        id: ReportId,
        decision: &Decision,
    ) -> Result<(), StoreError>;

    /// Finds a report.
    ///
    /// # Errors
    ///
    /// See the trait.
    async fn get(&self, project: &str, id: ReportId) -> Result<Option<Record>, StoreError>;

    /// Finds the reports of an invoice, in the order of ids: at most
    /// [`MAX_REPORTS`](crate::transition::MAX_REPORTS) for each identity.
    ///
    /// # Errors
    ///
    /// See the trait.
    async fn find(&self, project: &str, invoice_id: &str) -> Result<Vec<Record>, StoreError>;

    /// Lists up to `limit` reports in a state, in the order of ids, from the first one after a
    /// cursor.
    ///
    /// # Errors
    ///
    /// See the trait.
    async fn list(
        &self,
        project: &str,
        state: State,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError>;

    /// Counts the reports in the states that need work.
    ///
    /// # Errors
    ///
    /// See the trait.
    async fn counts(&self, project: &str) -> Result<Counts, StoreError>;

    /// How long ago the oldest unfinished report was received: the number to alert on. `None` if all
    /// are finished.
    ///
    /// # Errors
    ///
    /// See the trait.
    async fn oldest_unfinished(&self, project: &str) -> Result<Option<Duration>, StoreError>;

    /// The decisions about a report, the oldest first.
    ///
    /// # Errors
    ///
    /// See the trait.
    async fn history(&self, project: &str, id: ReportId) -> Result<Vec<Decided>, StoreError>;

    /// [`Event::Purge`](crate::Event::Purge) or [`Event::Forget`](crate::Event::Forget) for up to
    /// `limit` reports that were done or discarded at least `age` ago. Returns how many it changed;
    /// a report that was purged before is not among them, unless it is to be forgotten.
    ///
    /// # Errors
    ///
    /// See the trait.
    async fn purge(
        &self,
        project: &str,
        age: Duration,
        purge: Purge,
        limit: u32,
    ) -> Result<u64, StoreError>;
}

/// How the report of a postback starts, if nothing of its identity blocks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Start {
    /// Running: the caller gets a claim with this lease.
    Claimed(Duration),
    /// Received: any worker may claim it at once.
    Stored,
}

/// What became of a postback's report.
#[derive(Clone, Debug)]
#[must_use]
#[expect(
    clippy::large_enum_variant,
    reason = "one lives as long as its request, and is not kept in number"
)]
pub enum Receipt {
    /// It is new, and running: the caller holds the claim.
    Claimed(Claim),
    /// It is stored, and the caller has nothing to do.
    Stored {
        /// Its id.
        id: ReportId,
        /// Its state, now.
        state: State,
        /// Whether this call stored it.
        is_new: bool,
    },
}

/// What to claim.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClaimQuery {
    /// The most reports to claim.
    pub limit: u32,
    /// How long the claims last.
    pub lease: Duration,
    /// How long a report may keep failing.
    pub retry_span: Duration,
}

/// What a worker got.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Claimed {
    /// The claims.
    pub claims: Vec<Claim>,
    /// The reports that were held instead, because they kept failing for the whole retry span.
    pub used_up: Vec<ReportId>,
}

/// What the retention takes away.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purge {
    /// The reported fields. The identity stays, so a late resend is not credited again.
    Fields,
    /// The whole report: **a late resend is credited again.**
    Identity,
}
