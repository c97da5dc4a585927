mod builder;

use std::fmt;

use cryptocloud_postback::{Amount, Currency, Expected, InvoiceId, InvoiceInfo, Report};

pub use self::builder::PaymentBuilder;
use crate::{Accepted, Claim, Failure, Fields, Source};

/// A payment that a [`Handler`](crate::Handler) processes.
#[derive(Clone)]
pub struct Payment {
    claim: Claim,
    confirmed: Option<Fields>,
}

impl Payment {
    pub(crate) fn new(claim: Claim) -> Self {
        Self {
            claim,
            confirmed: None,
        }
    }

    /// Keeps what the vendor states.
    pub(crate) fn confirm(&mut self, stated: Fields) {
        self.confirmed = Some(stated);
    }

    /// Makes a payment for a test of your handler.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::{Expected, InvoiceId};
    /// use cryptocloud_postback_inbox::Payment;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let payment = Payment::builder(InvoiceId::parse("INV-ILRAJE1Q")?)
    ///     .amount("10.5".parse()?)
    ///     .order_id("ORDER_93223")
    ///     .build();
    /// let expected = Expected::invoice(InvoiceId::parse("ILRAJE1Q")?).order("ORDER_93223");
    /// assert!(payment.check(&expected.clone().amount("10.5".parse()?)).is_ok());
    /// assert!(payment.check(&expected.amount("9000".parse()?)).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(invoice_id: InvoiceId) -> PaymentBuilder {
        PaymentBuilder::new(invoice_id)
    }

    /// The invoice: **proven**, by the token or by the vendor's API. Find your order by it.
    #[must_use]
    pub fn invoice_id(&self) -> &InvoiceId {
        self.claim.report.invoice_id()
    }

    /// What was reported. The token does **not** sign it: compare it with your order by
    /// [`check`](Self::check).
    #[must_use]
    pub fn reported(&self) -> &Fields {
        &self.claim.report.fields
    }

    /// What the vendor's API states, if it was [asked](crate::InboxBuilder::confirm) before this
    /// attempt, which it is not after an operator has accepted the payment, or if reconciliation found
    /// the payment.
    #[must_use]
    pub fn confirmed(&self) -> Option<&Fields> {
        let is_reconciled = self.source() == Source::Reconciled;
        let found = is_reconciled.then_some(self.reported());
        self.confirmed.as_ref().or(found)
    }

    /// The amount that an operator named when accepting the payment, or else the confirmed or reported
    /// one.
    ///
    /// Their units can differ: the accepted amount is in the order's unit, such as US dollars for
    /// [`Expected::usd`], the others in [`currency`](Self::currency). Credit the order's own price
    /// instead.
    #[must_use]
    pub fn amount(&self) -> Option<Amount> {
        let accepted = self.accepted().map(Accepted::amount);
        accepted.or(self.known().amount_crypto)
    }

    /// What an operator named when accepting the payment after a review. If that is an order, credit
    /// that one.
    #[must_use]
    pub fn accepted(&self) -> Option<&Accepted> {
        self.claim.accepted.as_ref()
    }

    /// The confirmed currency, or else the reported one.
    #[must_use]
    pub fn currency(&self) -> Option<&Currency> {
        self.known().currency.as_ref()
    }

    /// The confirmed order, or else the reported one.
    #[must_use]
    pub fn order_id(&self) -> Option<&str> {
        self.known().order_id.as_deref()
    }

    /// The confirmed invoice, which does not state what was paid, or else the reported
    /// `invoice_info`; `None` if there is none, as in every form.
    #[must_use]
    pub fn invoice_info(&self) -> Option<InvoiceInfo> {
        let json = self.known().invoice_info.as_deref();
        json.map(InvoiceInfo::parse)
    }

    /// Where the payment comes from.
    #[must_use]
    pub fn source(&self) -> Source {
        self.claim.report.source
    }

    /// The number of this attempt, from 1. Postponed attempts do not count.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.claim.attempt
    }

    /// The claim under which the handler runs. A handler with a transaction of its own passes it to
    /// the settle call.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// A key for calls to other services: the same in every attempt, and different for every
    /// payment. It is a string of 64 hexadecimal digits.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        format!("{:x}", self.claim.report.identity)
    }

    /// Compares the payment with your own record: what is [confirmed](Self::confirmed), or else what was
    /// reported.
    ///
    /// If an operator accepted the payment, only the invoice and what the operator named are compared,
    /// as [`Expected::check_accepted`] says.
    ///
    /// # Errors
    ///
    /// A difference, or a missing field that `expected` names, holds the payment for review. The
    /// reason names every difference.
    pub fn check(&self, expected: &Expected) -> Result<(), Failure> {
        let result = match self.accepted() {
            Some(accepted) => {
                expected.check_accepted(self.invoice_id(), accepted.order_id(), accepted.amount())
            }
            None => expected.check(&Report {
                invoice_id: self.invoice_id(),
                order_id: self.order_id(),
                amount_crypto: self.known().amount_crypto,
                currency: self.currency(),
                invoice_info: self.invoice_info().as_ref(),
                is_stated: self.confirmed().is_some(),
            }),
        };
        result.map_err(Failure::hold)
    }

    /// Checks that a statement changed exactly one row, such as the order of this payment.
    ///
    /// # Errors
    ///
    /// Any other number holds the payment for review.
    pub fn expect_one(&self, rows: u64) -> Result<(), Failure> {
        match rows {
            1 => Ok(()),
            _ => Err(Failure::hold(format!("changed {rows} rows instead of one"))),
        }
    }

    /// The vendor's statement, if there is one.
    fn known(&self) -> &Fields {
        self.confirmed().unwrap_or(self.reported())
    }
}

/// The payment of a claim, for the tests of a store.
#[cfg(feature = "contract-tests")]
impl From<Claim> for Payment {
    fn from(claim: Claim) -> Self {
        Self::new(claim)
    }
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payment")
            .field("invoice_id", self.invoice_id())
            .field("reported", self.reported())
            .field("confirmed", &self.confirmed())
            .field("accepted", &self.accepted())
            .field("source", &self.source())
            .field("attempt", &self.attempt())
            .finish_non_exhaustive()
    }
}
