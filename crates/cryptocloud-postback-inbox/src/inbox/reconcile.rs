use std::time::Duration;

use cryptocloud_postback::UnixTime;

use super::{Inbox, measure::Measured};
use crate::{Begin, IdentityPolicy, Refusal, Report, ReportId, StoreError, Turn};

/// What reconciliation needs. `Reconciler` of `cryptocloud-postback-api` calls it.
impl Inbox {
    /// Stores what the vendor's API states as paid and the inbox does not know, as a
    /// [reconciled report](Report::reconciled). A worker handles it like a postback.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::Blocked`] if a report of the payment is unfinished or done,
    /// [`Refusal::Discarded`] if one was discarded, and [`Refusal::Known`] if reconciliation has stored
    /// the payment before. Returns [`Refusal::State`] if the report is another project's, or if its
    /// identity lacks the transaction hashes that the [policy](Self::identity_policy) needs. Returns an
    /// error if the database call fails.
    pub async fn reconcile(&self, report: &Report) -> Result<ReportId, StoreError> {
        let identity = &report.identity;
        let is_identified =
            self.0.policy == IdentityPolicy::Invoice || identity.transactions().is_some();
        if identity.project() != self.project() || !is_identified {
            return Err(Refusal::State.into());
        }
        let id = self.0.store.reconcile(report).await?;
        self.measure(Measured::Reconciled);
        self.0.wake.notify_one();
        Ok(id)
    }

    /// Gives this process the turn to reconcile, for the length of the lease. Returns `None` if another
    /// process has it, or if it is not due yet.
    ///
    /// # Errors
    ///
    /// Returns an error if the database call fails.
    pub async fn begin_reconciliation(
        &self,
        lease: Duration,
        begin: Begin,
    ) -> Result<Option<Turn>, StoreError> {
        let store = &self.0.store;
        store
            .begin_reconciliation(self.project(), lease, begin)
            .await
    }

    /// Ends a turn: the next one is due after `next`, and begins with this cursor. Without one the stored
    /// cursor stays.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::Stale`] if another process has got a turn since, and an error if the database
    /// call fails.
    pub async fn end_reconciliation(
        &self,
        turn: &Turn,
        cursor: Option<UnixTime>,
        next: Duration,
    ) -> Result<(), StoreError> {
        self.0.store.end_reconciliation(turn, cursor, next).await
    }

    /// Which postbacks report the same payment.
    #[must_use]
    pub fn identity_policy(&self) -> IdentityPolicy {
        self.0.policy
    }

    /// Whether the handler's effect and the settled payment are
    /// [committed together](crate::Settles::IS_ATOMIC).
    #[must_use]
    pub fn is_atomic(&self) -> bool {
        self.0.is_atomic
    }

    /// How long a settled payment keeps its reported fields. With
    /// [`forget_identities`](crate::InboxBuilder::forget_identities) the payment is unknown after that, and
    /// reconciliation must not look back so far.
    #[must_use]
    pub fn retention(&self) -> Duration {
        self.0.retention
    }
}
