use std::{sync::Arc, time::Duration};

use cryptocloud_postback_inbox::{IdentityPolicy, Inbox};

use super::{OpenInvoices, Reconciler};
use crate::Confirmer;

/// Sets up a [`Reconciler`].
#[derive(Debug)]
#[must_use]
pub struct ReconcilerBuilder {
    pub(super) confirmer: Confirmer,
    pub(super) inbox: Inbox,
    pub(super) interval: Duration,
    pub(super) open: Option<Arc<dyn OpenInvoices>>,
    pub(super) window: Duration,
}

impl ReconcilerBuilder {
    /// The longest time between two turns, over all processes; each is shortened by up to a quarter at random. Defaults to
    /// 300 s.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Asks about these invoices in each turn, too. Defaults to the vendor's list alone.
    pub fn open_invoices(mut self, open: impl OpenInvoices) -> Self {
        self.open = Some(Arc::new(open));
        self
    }

    /// How far each turn looks back from the last one. Defaults to 7 days.
    ///
    /// It is to be longer than an invoice can be paid.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Builds the reconciler.
    ///
    /// # Errors
    ///
    /// Returns an error if the window is not shorter than the inbox's retention, if the interval is
    /// zero, if the inbox's store does not settle in the handler's transaction, or if the inbox tells
    /// payments apart by transaction hashes, which the vendor's API does not state.
    pub fn build(self) -> Result<Reconciler, ReconcilerBuildError> {
        if self.interval.is_zero() {
            return Err(ReconcilerBuildError::Interval);
        }
        if self.window >= self.inbox.retention() {
            return Err(ReconcilerBuildError::Window);
        }
        if !self.inbox.is_atomic() {
            return Err(ReconcilerBuildError::NotAtomic);
        }
        if self.inbox.identity_policy() != IdentityPolicy::Invoice {
            return Err(ReconcilerBuildError::Transactions);
        }
        Ok(Reconciler(Arc::new(self)))
    }

    /// Builds the reconciler, and [runs](Reconciler::run) it in this process until the inbox
    /// [drains](Inbox::drain), which leaves the turn to another process.
    ///
    /// # Errors
    ///
    /// Returns an error under the same conditions as [`build`](Self::build).
    pub fn start(self) -> Result<(), ReconcilerBuildError> {
        let inbox = self.inbox.clone();
        let reconciler = self.build()?;
        inbox.spawn_until_drained(async move { reconciler.run().await });
        Ok(())
    }
}

/// Why no [`Reconciler`] could be built.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcilerBuildError {
    /// Turns would follow each other without a pause.
    #[error("interval of reconciliation is zero")]
    Interval,
    /// The store could repeat the effect of a payment that is found twice.
    #[error(
        "reconciliation needs a store that commits the handler's effect and the settled payment together"
    )]
    NotAtomic,
    /// The inbox uses [`IdentityPolicy::InvoiceAndTransactions`].
    #[error(
        "reconciliation cannot tell deposits apart: the vendor's API states no transaction hashes"
    )]
    Transactions,
    /// The inbox could have forgotten what the vendor still lists.
    #[error("window of reconciliation is not shorter than the inbox's retention")]
    Window,
}
