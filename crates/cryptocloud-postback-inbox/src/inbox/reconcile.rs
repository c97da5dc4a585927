use std::time::Duration;

use cryptocloud_postback::{Amount, UnixTime};
use tokio::time::timeout;
use tracing::{debug, error};

use super::{Inbox, measure::Measured, rest::Rest};
use crate::{
    Begin, Fields, HoldKind, IdentityPolicy, Record, Refusal, Report, ReportId, Source, State,
    StoreError, Turn,
};

/// What reconciliation needs. `Reconciler` of `cryptocloud-postback-api` calls it.
impl Inbox {
    /// Stores what the vendor's API states as paid and the inbox does not know, as a
    /// [reconciled report](Report::reconciled). A worker handles it like a postback.
    ///
    /// `paid_beyond` compares the statement with what another report said: it returns what the vendor
    /// states as paid if that is more. If operators accepted or discarded every report of the payment,
    /// and the vendor states more than each of them said, the rest is stored for an operator, as a
    /// conflict beside an accepted report or else held, with [`HoldKind::PaidMore`]. Its amount is the
    /// one that `paid_beyond` returned.
    ///
    /// # Errors
    ///
    /// Returns an error under the same conditions as [`check_reconcile`](Self::check_reconcile).
    pub async fn reconcile(
        &self,
        report: &Report,
        paid_beyond: impl Fn(&Fields) -> Option<Amount>,
    ) -> Result<ReportId, StoreError> {
        let store = &self.0.store;
        let Some(rest) = self.look_up(report, paid_beyond).await? else {
            let id = store.reconcile(report, None).await?;
            self.measure(Measured::Reconciled);
            self.0.wake.notify_one();
            return Ok(id);
        };
        let id = store.reconcile(&rest.report, Some(&rest.hold)).await?;
        self.measure(Measured::Reconciled);
        self.measure(if rest.is_conflict {
            Measured::Conflict
        } else {
            Measured::Held(HoldKind::PaidMore)
        });
        let (invoice_id, reason) = (report.invoice_id(), &*rest.hold.reason);
        error!(%invoice_id, %id, reason, "more was paid than an operator decided about");
        Ok(id)
    }

    /// Checks whether [`reconcile`](Self::reconcile) would store a payment now, and changes nothing.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::Blocked`] if a report of the payment is unfinished or done,
    /// [`Refusal::Held`] if an operator has to decide about one, [`Refusal::Discarded`] if one was
    /// discarded, and [`Refusal::Known`] if reconciliation has stored the payment before. Returns
    /// [`Refusal::State`] if the identity is another project's, or lacks the transaction hashes that
    /// the [policy](Self::identity_policy) needs. Returns an error if the database call fails.
    pub async fn check_reconcile(
        &self,
        report: &Report,
        paid_beyond: impl Fn(&Fields) -> Option<Amount>,
    ) -> Result<(), StoreError> {
        self.look_up(report, paid_beyond).await.map(drop)
    }

    /// Returns `None` for a payment that the inbox does not know.
    async fn look_up(
        &self,
        report: &Report,
        paid_beyond: impl Fn(&Fields) -> Option<Amount>,
    ) -> Result<Option<Rest>, StoreError> {
        let identity = &report.identity;
        let is_identified =
            self.0.policy == IdentityPolicy::Invoice || identity.transactions().is_some();
        if identity.project() != self.project() || !is_identified {
            return Err(Refusal::State.into());
        }
        let mut records = self.find(identity.invoice_id().as_str()).await?;
        records.retain(|record| record.report.identity == *identity);
        let is_any = |test: &dyn Fn(&Record) -> bool| records.iter().any(test);
        let refusal = if is_any(&|record| record.state.blocks()) {
            Refusal::Blocked
        } else if is_any(&|record| self.is_for_operator(record)) {
            Refusal::Held
        } else if is_any(&|record| hold_kind(record) == Some(HoldKind::Unconfirmed)) {
            return Ok(None);
        } else if is_any(&|record| record.state == State::Discarded) {
            Refusal::Discarded
        } else if is_any(&|record| record.report.source == Source::Reconciled) {
            Refusal::Known
        } else {
            return Ok(None);
        };
        let rest = Rest::beyond(&records, report, paid_beyond);
        rest.map(Some).ok_or_else(|| refusal.into())
    }

    /// Whether another report of the payment could credit it twice, or would only be held again.
    fn is_for_operator(&self, record: &Record) -> bool {
        match hold_kind(record) {
            None | Some(HoldKind::Differs | HoldKind::Unconfirmed) => false,
            // A handler that saw what the vendor states would hold it again.
            Some(HoldKind::Handler) => self.0.confirm.is_some(),
            // Its writes may be committed.
            Some(HoldKind::NotSettled | HoldKind::TransactionEnded) => true,
            Some(HoldKind::AttemptsUsedUp | HoldKind::PaidMore | HoldKind::Unidentified) => true,
        }
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

    /// Ends a turn that was interrupted, by a task that [`drain`](Self::drain) waits for: the next one is
    /// due after `next`, and the stored cursor stays.
    pub fn interrupt_reconciliation(&self, turn: Turn, next: Duration) {
        let inbox = self.clone();
        self.spawn(async move {
            let ended = inbox.end_reconciliation(&turn, None, next);
            // If it fails, the lease ends by itself.
            if !matches!(timeout(inbox.0.limits.statement, ended).await, Ok(Ok(()))) {
                debug!("interrupted turn of reconciliation keeps its lease");
            }
        });
    }

    /// Runs work in a task that [`drain`](Self::drain) drops first, and waits for.
    pub fn spawn_until_drained(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.0.stop.clone();
        drop(self.spawn(async move { stop.run_until_cancelled(work).await }));
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

fn hold_kind(record: &Record) -> Option<HoldKind> {
    let hold = record.hold.as_ref()?;
    (record.state == State::Held).then_some(hold.kind)
}
