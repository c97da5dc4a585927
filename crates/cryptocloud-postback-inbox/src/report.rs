use std::{error, fmt, str::FromStr, time::Duration};

use cryptocloud_postback::{Amount, Currency, InvoiceId, TraceContext, Verified};

use crate::{Accepted, Fence, Fingerprint, Identity, IdentityPolicy};

/// What a postback, or the vendor's API, reports about one payment.
///
/// It never holds a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// The payment. The invoice is proven: by the token, or by having asked the vendor.
    pub identity: Identity,
    /// The reported fields.
    pub fields: Fields,
    /// The digest of the reported fields, by which a resend is known. `None` if reconciliation made
    /// the report and no postback has adopted it yet.
    pub fingerprint: Option<Fingerprint>,
    /// Where it comes from.
    pub source: Source,
    /// Whether the policy needs transaction hashes and the report has none: it is held for review.
    pub is_unidentified: bool,
    /// The trace of the postback, which every attempt continues. It is no part of the fingerprint: that
    /// of the first postback stays.
    pub trace: Option<TraceContext>,
}

impl Report {
    /// The report of a verified postback.
    #[must_use]
    pub fn from_postback(project: &str, policy: IdentityPolicy, postback: &Verified) -> Self {
        let identity = Identity::new(project, postback.invoice_id().clone());
        let identity = match policy {
            IdentityPolicy::Invoice => identity,
            IdentityPolicy::InvoiceAndTransactions => {
                // An unreadable `invoice_info` has no hashes, so the report is held.
                let info = postback.reported().invoice_info();
                let hashes = info.and_then(|info| info.tx_list).unwrap_or_default();
                identity.with_transactions(hashes.iter().map(String::as_str))
            }
        };
        let is_unidentified =
            policy == IdentityPolicy::InvoiceAndTransactions && identity.transactions().is_none();
        Self {
            is_unidentified,
            trace: postback.trace_context().cloned(),
            ..Self::new(identity, Fields::from_postback(postback))
        }
    }

    /// A postback's report with these fields.
    #[must_use]
    pub fn new(identity: Identity, fields: Fields) -> Self {
        Self {
            identity,
            fingerprint: Some(fields.fingerprint()),
            fields,
            source: Source::Postback,
            is_unidentified: false,
            trace: None,
        }
    }

    /// What the vendor's API says about an invoice, if no postback came.
    #[must_use]
    pub fn reconciled(identity: Identity, fields: Fields) -> Self {
        Self {
            fingerprint: None,
            source: Source::Reconciled,
            ..Self::new(identity, fields)
        }
    }

    /// The invoice.
    #[must_use]
    pub fn invoice_id(&self) -> &InvoiceId {
        self.identity.invoice_id()
    }
}

/// The reported fields. **The token signs none of them.**
///
/// All are `None` after the retention has cleared them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fields {
    /// The amount in [`currency`](Self::currency).
    pub amount_crypto: Option<Amount>,
    /// The currency.
    pub currency: Option<Currency>,
    /// The merchant's own id of the order.
    pub order_id: Option<Box<str>>,
    /// The JSON of `invoice_info`, as received. It is not part of the fingerprint.
    pub invoice_info: Option<Box<str>>,
}

impl Fields {
    /// The fields of a verified postback.
    #[must_use]
    pub fn from_postback(postback: &Verified) -> Self {
        let reported = postback.reported();
        Self {
            amount_crypto: reported.amount_crypto,
            currency: reported.currency.clone(),
            order_id: reported.order_id.clone(),
            invoice_info: reported.invoice_info_text().map(Into::into),
        }
    }

    /// The digest of amount, currency and order.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(
            self.amount_crypto,
            self.currency.as_ref(),
            self.order_id.as_deref(),
        )
    }
}

/// Where a payment comes from.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Source {
    /// A postback whose token was verified.
    Postback,
    /// Reconciliation: the vendor's API says that the invoice is paid.
    Reconciled,
    /// A test, which made the payment with [`Payment::builder`](crate::Payment::builder).
    Test,
}

impl Source {
    /// The name in lower case, which stores use as the column value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Postback => "postback",
            Self::Reconciled => "reconciled",
            Self::Test => "test",
        }
    }

    /// Reads [`as_str`](Self::as_str), or returns `None` if the string names no source.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Postback, Self::Reconciled, Self::Test]
            .into_iter()
            .find(|source| source.as_str() == name)
    }
}

/// Numbers a stored report within its store, in the order of arrival.
///
/// An operator's tools use it in URLs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ReportId(i64);

impl ReportId {
    /// Reads a store's column.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The value for a store's column.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl FromStr for ReportId {
    type Err = ReportIdError;

    fn from_str(text: &str) -> Result<Self, ReportIdError> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| is_number);
        number.map(Self).ok_or(ReportIdError(()))
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A string is not a [`ReportId`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReportIdError(());

impl fmt::Display for ReportIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("string is not the id of a report")
    }
}

impl error::Error for ReportIdError {}

/// One worker's right to settle one report, until another worker takes over.
#[derive(Clone, Debug)]
#[must_use]
pub struct Claim {
    /// The report's id.
    pub id: ReportId,
    /// The fencing token of this claim.
    pub fence: Fence,
    /// What to settle.
    pub report: Report,
    /// How long the report had waited when it was claimed: since it was received, promoted, accepted,
    /// retried by an operator or taken up again by reconciliation.
    pub age: Duration,
    /// 1 for the first attempt. Postponed ones do not count.
    pub attempt: u32,
    /// What an operator named when accepting the report.
    pub accepted: Option<Accepted>,
}

/// As `id:fence`, the mark of a claim, which `SET LOCAL cryptocloud.claim` carries in PostgreSQL.
impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.id, self.fence)
    }
}
