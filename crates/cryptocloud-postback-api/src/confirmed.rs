use std::sync::Arc;

use cryptocloud_postback::{
    Amount, Expected, InvoiceId, InvoiceStatus, Mismatch, Report, Verified,
};

use crate::Invoice;

/// A genuine postback whose invoice the vendor states as paid in full.
///
/// Only a [`Confirmer`](crate::Confirmer) makes one:
///
/// ```compile_fail,E0451
/// # use cryptocloud_postback_api::{Confirmed, core::Verified};
/// fn forge(verified: Verified, confirmed: Confirmed) -> Confirmed {
///     Confirmed { verified, ..confirmed }
/// }
/// ```
///
/// All its amounts are what the vendor stated when it was asked, not what the postback reports.
#[derive(Clone, Debug)]
#[must_use]
pub struct Confirmed {
    stated: Arc<Invoice>,
    verified: Verified,
}

impl Confirmed {
    pub(crate) fn new(verified: Verified, stated: Arc<Invoice>) -> Self {
        Self { stated, verified }
    }

    /// The postback. What it reports agreed with the vendor's statement, as far as the statement
    /// says anything about it.
    pub fn verified(&self) -> &Verified {
        &self.verified
    }

    /// What the vendor states.
    #[must_use]
    pub fn invoice(&self) -> &Invoice {
        &self.stated
    }

    /// The invoice's id. Find your order by it.
    #[must_use]
    pub fn invoice_id(&self) -> &InvoiceId {
        self.verified.invoice_id()
    }

    /// `paid` or `overpaid`.
    #[must_use]
    pub fn status(&self) -> &InvoiceStatus {
        // No statement without a status confirms a payment.
        self.stated.status().unwrap_or(&InvoiceStatus::Paid)
    }

    /// The invoiced amount, in the invoice's [currency](Invoice::currency).
    #[must_use]
    pub fn amount(&self) -> Option<Amount> {
        self.stated.amount()
    }

    /// What was received after the fees, in the invoice's [currency](Invoice::currency).
    #[must_use]
    pub fn received(&self) -> Option<Amount> {
        self.stated.received()
    }

    /// What was received after the fees, in US dollars.
    #[must_use]
    pub fn received_usd(&self) -> Option<Amount> {
        self.stated.received_usd()
    }

    /// The order that the invoice was created for.
    #[must_use]
    pub fn order_id(&self) -> Option<&str> {
        self.stated.order_id()
    }

    /// Whether this is a test and no payment; only a
    /// [`Confirmer` that accepts tests](crate::ConfirmerBuilder::accept_test) confirms one. Also
    /// `true` if the vendor does not say.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.stated.is_test() != Some(false)
    }

    /// Compares what the vendor states with your own order.
    ///
    /// The invoice is paid in full by its status, so the invoiced amount counts as what was paid.
    ///
    /// # Errors
    ///
    /// Returns a [`Mismatch`] that lists every difference.
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        expected.check(&Report {
            invoice_id: self.invoice_id(),
            order_id: self.order_id(),
            amount_crypto: self.amount(),
            currency: self.stated.currency().as_ref(),
            invoice_info: Some(self.stated.info()),
            is_stated: true,
        })
    }
}
