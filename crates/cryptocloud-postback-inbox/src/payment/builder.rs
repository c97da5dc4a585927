use std::{cmp::Ordering, time::Duration};

use cryptocloud_postback::{Amount, Currency, InvoiceId, InvoiceStatus};
use serde_json::{Value, json};

use crate::{Accepted, Claim, Fence, Fields, Identity, Payment, Report, ReportId, Source};

/// Makes a [`Payment`] for a test, from [`Payment::builder`]. Fields that are not set are `None`.
///
/// [`paid`](Self::paid), [`usd`](Self::usd), [`fiat`](Self::fiat) and [`confirmed`](Self::confirmed)
/// derive the `invoice_info` that the vendor would send.
#[derive(Clone, Debug)]
#[must_use]
pub struct PaymentBuilder {
    accepted: Option<Accepted>,
    amount: Option<Amount>,
    attempt: u32,
    currency: Option<Currency>,
    fiat: Option<(Amount, Box<str>)>,
    invoice_id: InvoiceId,
    invoice_info: Option<Box<str>>,
    is_confirmed: bool,
    order_id: Option<Box<str>>,
    paid: Option<Amount>,
    project: Box<str>,
    source: Source,
    usd: Option<Amount>,
}

impl PaymentBuilder {
    pub(super) fn new(invoice_id: InvoiceId) -> Self {
        Self {
            accepted: None,
            amount: None,
            attempt: 1,
            currency: None,
            fiat: None,
            invoice_id,
            invoice_info: None,
            is_confirmed: false,
            order_id: None,
            paid: None,
            project: "test".into(),
            source: Source::Test,
            usd: None,
        }
    }

    /// What an operator named when accepting the payment.
    pub fn accepted(mut self, accepted: Accepted) -> Self {
        self.accepted = Some(accepted);
        self
    }

    /// The invoiced amount. It is also what was paid, unless [`paid`](Self::paid) says otherwise.
    pub fn amount(mut self, amount: Amount) -> Self {
        self.amount = Some(amount);
        self
    }

    /// The number of the attempt. Defaults to 1.
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// The vendor's API states what is set, as with
    /// [`InboxBuilder::confirm`](crate::InboxBuilder::confirm). Defaults to a payment that is only
    /// reported.
    pub fn confirmed(mut self) -> Self {
        self.is_confirmed = true;
        self
    }

    /// The currency.
    pub fn currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }

    /// The price of the invoice in a fiat currency, and the currency's code.
    pub fn fiat(mut self, price: Amount, code: impl Into<Box<str>>) -> Self {
        self.fiat = Some((price, code.into()));
        self
    }

    /// Replaces the derived `invoice_info`, as JSON.
    pub fn invoice_info(mut self, json: impl Into<Box<str>>) -> Self {
        self.invoice_info = Some(json.into());
        self
    }

    /// The order.
    pub fn order_id(mut self, id: impl Into<Box<str>>) -> Self {
        self.order_id = Some(id.into());
        self
    }

    /// What was paid: less than the [`amount`](Self::amount) makes the invoice `partial`, more makes it
    /// `overpaid`. The reported amount follows it.
    pub fn paid(mut self, amount: Amount) -> Self {
        self.paid = Some(amount);
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

    /// The price of the invoice in US dollars.
    pub fn usd(mut self, price: Amount) -> Self {
        self.usd = Some(price);
        self
    }

    /// Makes the payment.
    #[must_use]
    pub fn build(self) -> Payment {
        let fields = |amount_crypto, invoice_info| Fields {
            amount_crypto,
            currency: self.currency.clone(),
            order_id: self.order_id.clone(),
            invoice_info,
        };
        let has_info = self.paid.is_some() || self.usd.is_some() || self.fiat.is_some();
        let derived = has_info.then(|| self.reported_info().to_string().into());
        let info = self.invoice_info.clone().or(derived);
        let stated = || {
            let info = self.invoice_info.clone();
            let info = info.unwrap_or_else(|| self.stated_info().to_string().into());
            fields(self.amount, Some(info))
        };
        let identity = Identity::new(&self.project, self.invoice_id.clone());
        let report = match self.source {
            Source::Reconciled => Report::reconciled(identity, stated()),
            source => Report {
                source,
                ..Report::new(identity, fields(self.paid.or(self.amount), info))
            },
        };
        let mut payment = Payment::new(Claim {
            id: ReportId::from_number(1),
            fence: Fence::first(),
            report,
            age: Duration::ZERO,
            attempt: self.attempt,
            accepted: self.accepted.clone(),
        });
        if self.is_confirmed {
            payment.confirm(stated());
        }
        payment
    }

    /// What the API states: all but what was paid.
    fn stated_info(&self) -> Value {
        let (fiat, code) = self.fiat.clone().unzip();
        let paid = self.paid.zip(self.to_pay());
        let status = match paid.map(|(paid, to_pay)| paid.cmp(&to_pay)) {
            Some(Ordering::Less) => InvoiceStatus::Partial,
            Some(Ordering::Equal) | None => InvoiceStatus::Paid,
            Some(Ordering::Greater) => InvoiceStatus::Overpaid,
        };
        json!({
            "amount": text(self.amount),
            "amount_in_fiat": text(fiat),
            "amount_usd": text(self.usd),
            "fiat_currency": code,
            "status": status,
        })
    }

    fn reported_info(&self) -> Value {
        let paid = self.paid.or(self.to_pay());
        let part = |price: Amount| {
            let (paid, to_pay) = paid.zip(self.to_pay())?;
            let price = price.as_decimal().checked_mul(paid.as_decimal())?;
            Some(price.checked_div(to_pay.as_decimal())?.to_string())
        };
        let mut info = self.stated_info();
        info["amount_paid"] = text(paid).into();
        info["amount_paid_usd"] = self.usd.and_then(part).into();
        info["amount_to_pay"] = text(self.to_pay()).into();
        info
    }

    /// The invoiced amount; without one, the price stands for it.
    fn to_pay(&self) -> Option<Amount> {
        let fiat = self.fiat.as_ref().map(|(price, _)| *price);
        self.amount.or(self.usd).or(fiat)
    }
}

/// Amounts are exact as strings.
fn text(amount: Option<Amount>) -> Option<String> {
    amount.map(|amount| amount.to_string())
}
