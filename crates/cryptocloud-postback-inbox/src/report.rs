use cryptocloud_postback::{Amount, Currency, Postback};

use crate::{Fingerprint, Key, KeyPolicy};

/// What a postback reports of a payment, without its token.
///
/// As typed and well-formed as in [`Postback`], and as little proven: the token signs the invoice
/// alone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    amount_crypto: Amount,
    currency: Currency,
    fingerprint: Fingerprint,
    key: Key,
    order_id: Option<Box<str>>,
}

impl Report {
    /// From the parts that a store kept.
    #[must_use]
    pub fn new(
        key: Key,
        amount_crypto: Amount,
        currency: Currency,
        order_id: Option<Box<str>>,
    ) -> Self {
        let fingerprint = Fingerprint::of(
            key.invoice_id(),
            key.status(),
            amount_crypto,
            &currency,
            order_id.as_deref(),
        );
        Self {
            amount_crypto,
            currency,
            fingerprint,
            key,
            order_id,
        }
    }

    /// `None` if the postback reports no amount or no currency.
    pub(crate) fn of(project: &str, policy: KeyPolicy, reported: &Postback) -> Option<Self> {
        let key = Key::new(
            project,
            reported.invoice_id.as_str(),
            reported.status.as_str(),
        );
        let mut report = Self::new(
            key,
            reported.amount_crypto?,
            reported.currency.clone()?,
            reported.order_id.clone(),
        );
        if policy == KeyPolicy::InvoiceStatusAndFields {
            report.key = report.key.with_fingerprint(report.fingerprint);
        }
        Some(report)
    }

    /// The reported amount in [`currency`](Self::currency).
    #[must_use]
    pub fn amount_crypto(&self) -> Amount {
        self.amount_crypto
    }

    /// The reported currency.
    #[must_use]
    pub fn currency(&self) -> &Currency {
        &self.currency
    }

    /// The digest of all fields here.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The project, the invoice and the status.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The merchant's own number of the order, where there is one.
    #[must_use]
    pub fn order_id(&self) -> Option<&str> {
        self.order_id.as_deref()
    }
}
