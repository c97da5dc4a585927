use std::time::Duration;

use super::Inbox;
use crate::{
    Accepted, Counts, Decided, Decision, Receipt, Record, Refusal, Report, ReportId, Start, State,
    StoreError,
};

/// What an operator can do.
impl Inbox {
    /// Accepts a report that is held or a conflict, and names the amount to credit, or the amount and
    /// the order. The handler gets them as [`Payment::accepted`](crate::Payment::accepted), at once.
    ///
    /// # Errors
    ///
    /// Returns an error if another report of the payment is unfinished or done
    /// ([`Refusal::Blocked`]), if the report is neither held nor a conflict ([`Refusal::State`]), if
    /// there is no such report (`NotFound`), or if the database call fails.
    pub async fn accept(
        &self,
        id: ReportId,
        accepted: &Accepted,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let result = self
            .0
            .store
            .accept(self.project(), id, accepted, decision)
            .await;
        self.0.wake.notify_one();
        result
    }

    /// Tries a report again that failed or is held, at once, with attempts and age reset.
    ///
    /// # Errors
    ///
    /// Returns an error if another report of the payment is unfinished or done
    /// ([`Refusal::Blocked`]), if the report has neither failed nor is held ([`Refusal::State`]), if
    /// there is no such report (`NotFound`), or if the database call fails.
    pub async fn retry(&self, id: ReportId, decision: &Decision) -> Result<(), StoreError> {
        let retried = self.0.store.retry(self.project(), id, decision).await;
        self.0.wake.notify_one();
        retried
    }

    /// Tries all reports in a state again, failed or held, and returns how many. Reports that
    /// another report blocks stay as they are.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::State`] for another state, and an error if the database call fails. The
    /// reports before that are due already.
    pub async fn retry_all(&self, state: State, decision: &Decision) -> Result<u64, StoreError> {
        if !matches!(state, State::Failed | State::Held) {
            return Err(Refusal::State.into());
        }
        let mut count: u64 = 0;
        let mut after = None;
        loop {
            let page = self.list(state, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(count);
            };
            after = Some(last.id);
            for record in &page {
                match self.retry(record.id, decision).await {
                    Ok(()) => count = count.saturating_add(1),
                    Err(error) if error.refusal().is_some() => (),
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Discards a report that failed, is held or a conflict: it is not a payment. Say why in the
    /// decision's [note](Decision::note).
    ///
    /// # Errors
    ///
    /// Returns an error if the report is in another state ([`Refusal::State`]), if there is no such
    /// report (`NotFound`), or if the database call fails.
    pub async fn discard(&self, id: ReportId, decision: &Decision) -> Result<(), StoreError> {
        let discarded = self.0.store.discard(self.project(), id, decision).await;
        // A conflict may have waited for this one.
        self.0.wake.notify_one();
        discarded
    }

    /// Lists up to `limit` reports in a state, from the first one after a cursor.
    ///
    /// # Errors
    ///
    /// Returns an error if the database call fails.
    pub async fn list(
        &self,
        state: State,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        self.0.store.list(self.project(), state, after, limit).await
    }

    /// Finds a report.
    ///
    /// # Errors
    ///
    /// Returns an error if the database call fails.
    pub async fn get(&self, id: ReportId) -> Result<Option<Record>, StoreError> {
        self.0.store.get(self.project(), id).await
    }

    /// Finds the reports of an invoice, whose id is without its prefix `INV-`.
    ///
    /// # Errors
    ///
    /// Returns an error if the database call fails.
    pub async fn find(&self, invoice_id: &str) -> Result<Vec<Record>, StoreError> {
        self.0.store.find(self.project(), invoice_id).await
    }

    /// Counts the reports in the states that need work.
    ///
    /// # Errors
    ///
    /// Returns an error if the database call fails.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        self.0.store.counts(self.project()).await
    }

    /// How long ago the oldest unfinished report was received: the number to alert on.
    ///
    /// # Errors
    ///
    /// Returns an error if the database call fails.
    pub async fn oldest_unfinished(&self) -> Result<Option<Duration>, StoreError> {
        self.0.store.oldest_unfinished(self.project()).await
    }

    /// The decisions about a report, the oldest first.
    ///
    /// # Errors
    ///
    /// Returns an error if the database call fails.
    pub async fn history(&self, id: ReportId) -> Result<Vec<Decided>, StoreError> {
        self.0.store.history(self.project(), id).await
    }

    /// Stores a report from elsewhere, such as a [`LostReport`](crate::LostReport) of the log. One
    /// that is known stays as it is. A worker handles it.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::State`] if the report is another project's, and an error if the store cannot
    /// [receive](crate::InboxStore::receive) it.
    pub async fn import(&self, report: &Report) -> Result<State, StoreError> {
        if report.identity.project() != self.project() {
            return Err(Refusal::State.into());
        }
        let receipt = self.0.store.receive(report, Start::Stored).await?;
        self.0.wake.notify_one();
        Ok(match receipt {
            Receipt::Claimed(_) => State::Running,
            Receipt::Stored { state, .. } => state,
        })
    }
}

const PAGE: u32 = 100;
