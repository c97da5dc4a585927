use std::time::Duration;

use cryptocloud_postback::{Amount, Currency, InvoiceId};

use crate::{Claim, Fence, Fields, Identity, Payment, Report, ReportId, Source};

/// Makes a [`Payment`] for a test, from [`Payment::builder`]. Fields that are not set are `None`.
#[derive(Clone, Debug)]
#[must_use]
pub struct PaymentBuilder {
    accepted_amount: Option<Amount>,
    attempt: u32,
    fields: Fields,
    invoice_id: InvoiceId,
    project: Box<str>,
    source: Source,
}

impl PaymentBuilder {
    pub(super) fn new(invoice_id: InvoiceId) -> Self {
        Self {
            accepted_amount: None,
            attempt: 1,
            fields: Fields::default(),
            invoice_id,
            project: "test".into(),
            source: Source::Test,
        }
    }

    /// The amount that an operator named when accepting the payment.
    pub fn accepted_amount(mut self, amount: Amount) -> Self {
        self.accepted_amount = Some(amount);
        self
    }

    /// The reported amount.
    pub fn amount(mut self, amount: Amount) -> Self {
        self.fields.amount_crypto = Some(amount);
        self
    }

    /// The number of the attempt. Defaults to 1.
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// The reported currency.
    pub fn currency(mut self, currency: Currency) -> Self {
        self.fields.currency = Some(currency);
        self
    }

    /// The reported `invoice_info`, as JSON.
    pub fn invoice_info(mut self, json: impl Into<Box<str>>) -> Self {
        self.fields.invoice_info = Some(json.into());
        self
    }

    /// The reported order.
    pub fn order_id(mut self, id: impl Into<Box<str>>) -> Self {
        self.fields.order_id = Some(id.into());
        self
    }

    /// The project. Defaults to `test`.
    pub fn project(mut self, project: impl Into<Box<str>>) -> Self {
        self.project = project.into();
        self
    }

    /// Where the payment comes from. Defaults to [`Source::Test`].
    pub fn source(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// Makes the payment.
    #[must_use]
    pub fn build(self) -> Payment {
        let identity = Identity::new(&self.project, self.invoice_id);
        Payment::new(Claim {
            id: ReportId::from_number(1),
            fence: Fence::first(),
            report: Report {
                source: self.source,
                ..Report::new(identity, self.fields)
            },
            age: Duration::ZERO,
            attempt: self.attempt,
            accepted_amount: self.accepted_amount,
        })
    }
}
