use tracing::info;

use super::Inbox;
use crate::{Confirm, Confirmation, Decision, HoldKind, Record, State, StoreError};

impl Inbox {
    /// Discards what a done report of the same payment makes pointless: conflicts, and what is held
    /// because the vendor did not confirm it. Returns how many.
    ///
    /// It asks the vendor about the report that is done. Unless the vendor confirms that one, or if an
    /// operator has accepted it, an operator decides. The worker does it every minute, and soon after a conflict has arrived; without
    /// [`confirm`](crate::InboxBuilder::confirm) this does nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if the database call fails.
    pub async fn resolve_conflicts(&self) -> Result<u64, StoreError> {
        let mut count: u64 = 0;
        let Some(confirm) = &self.0.confirm else {
            return Ok(count);
        };
        for state in [State::Conflict, State::Held] {
            let mut after = None;
            loop {
                let page = self.list(state, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                for record in page.iter().filter(|record| is_unconfirmed(record)) {
                    let is_discarded = self.resolve_conflict(&**confirm, record).await?;
                    count = count.saturating_add(u64::from(is_discarded));
                }
            }
        }
        Ok(count)
    }

    async fn resolve_conflict(
        &self,
        confirm: &dyn Confirm,
        record: &Record,
    ) -> Result<bool, StoreError> {
        let identity = &record.report.identity;
        let others = self.find(identity.invoice_id().as_str()).await?;
        let is_done =
            |other: &Record| other.state == State::Done && other.report.identity == *identity;
        let Some(done) = others.into_iter().find(is_done) else {
            return Ok(false);
        };
        // What an operator accepted may be less than what was paid, or credited to another order.
        if done.accepted.is_some() {
            return Ok(false);
        }
        let Confirmation::Paid(_) = self.ask(confirm, &done.report).await else {
            return Ok(false);
        };
        let note = format!(
            "payment was credited already, as report {}, and this one differs",
            done.id
        );
        let decision = Decision::by("confirmation").note(note);
        match self.discard(record.id, &decision).await {
            Ok(()) => {
                let invoice_id = identity.invoice_id();
                info!(%invoice_id, id = %record.id, "report discarded: payment was credited already");
                Ok(true)
            }
            // Another process was first.
            Err(error) if error.refusal().is_some() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether the vendor has not confirmed the report.
fn is_unconfirmed(record: &Record) -> bool {
    let kind = record.hold.as_ref().map(|hold| hold.kind);
    record.state == State::Conflict
        || matches!(kind, Some(HoldKind::Differs | HoldKind::Unconfirmed))
}

const PAGE: u32 = 100;
