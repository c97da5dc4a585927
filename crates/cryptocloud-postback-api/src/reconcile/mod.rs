//! The inbox asks the vendor, and takes in what no postback told it.

mod builder;
mod confirm;
mod error;
mod open;
mod reconciler;
mod rest;

use std::{error::Error, fmt};

use async_trait::async_trait;
use cryptocloud_postback::InvoiceId;
use cryptocloud_postback_inbox::{Fields, ReportId};

pub use self::{
    builder::{ReconcilerBuildError, ReconcilerBuilder},
    error::{ReconcileError, ReconcileErrorKind},
    reconciler::Reconciler,
};
use crate::{Invoice, NotConfirmedKind, policy::Reported};

/// The invoices of your orders that wait for a payment.
///
/// Implement it if an invoice can be paid long after it was created: the vendor's list may go by the
/// day of creation, and has a [window](ReconcilerBuilder::window).
#[async_trait]
pub trait OpenInvoices: fmt::Debug + Send + Sync + 'static {
    /// Those invoices. The vendor is asked about 100 at a time.
    ///
    /// # Errors
    ///
    /// Returns an error if they cannot be read; the turn fails then, and the next one tries again.
    async fn open_invoices(&self) -> Result<Vec<InvoiceId>, Box<dyn Error + Send + Sync>>;
}

/// What a turn found: how many invoices of each outcome, for your metrics.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Reconciliation {
    /// Invoices that the vendor stated, paid or not.
    pub stated: u64,
    /// Payments that were stored or taken up again, and rests that wait for an operator now, because of
    /// this turn. Alert on it: their postbacks did not come, or not yet.
    pub stored: u64,
    /// Payments that the inbox knew.
    pub known: u64,
    /// Payments that an operator has discarded.
    pub discarded: u64,
    /// Payments from before the first turn, or without a date.
    pub too_old: u64,
    /// Invoices that are not paid as they have to be: see [`NotConfirmedKind`].
    pub not_confirmed: u64,
}

/// A payment that a [backfill](Reconciler::backfill) stored, or would store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Found {
    /// What the vendor states.
    pub invoice: Invoice,
    /// The stored report; `None` in a dry run.
    pub id: Option<ReportId>,
}

/// What becomes of one invoice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Outcome {
    Discarded,
    Known,
    NotConfirmed(NotConfirmedKind),
    /// The id, unless this is a dry run.
    Stored(Option<ReportId>),
    TooOld,
}

impl Reconciliation {
    fn count(&mut self, outcome: Outcome) {
        let number = match outcome {
            Outcome::Discarded => &mut self.discarded,
            Outcome::Known => &mut self.known,
            Outcome::NotConfirmed(_) => &mut self.not_confirmed,
            Outcome::Stored(_) => &mut self.stored,
            Outcome::TooOld => &mut self.too_old,
        };
        for number in [number, &mut self.stated] {
            *number = number.saturating_add(1);
        }
    }
}

/// What a report of the inbox says, to compare it with the vendor's statement.
fn reported(fields: &Fields) -> Reported<'_> {
    Reported {
        amount: fields.amount_crypto,
        currency: fields.currency.as_ref(),
        order_id: fields.order_id.as_deref(),
    }
}

/// The vendor's statement, as the inbox keeps it.
fn fields(stated: &Invoice) -> Fields {
    Fields {
        amount_crypto: stated.amount(),
        currency: stated.currency(),
        order_id: stated.order_id().map(Into::into),
        invoice_info: Some(stated.json().into()),
    }
}
