use std::{error, fmt, sync::Arc, time::Duration};

use cryptocloud_postback::{Difference, InvoiceId, Response};

use crate::{ApiError, Invoice, kinds::kinds};

/// Why a payment is not confirmed. It must not be credited.
///
/// Match on its [`kind`](Self::kind).
#[derive(Clone, Debug)]
pub struct NotConfirmed {
    pub(crate) differences: Vec<Difference>,
    pub(crate) invoice_id: InvoiceId,
    pub(crate) kind: NotConfirmedKind,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) source: Option<Arc<ApiError>>,
    pub(crate) stated: Option<Arc<Invoice>>,
}

kinds! {
    /// Why a payment is not confirmed.
    NotConfirmedKind {
        /// The invoice was canceled.
        Canceled = "invoice was canceled",
        /// The invoice is paid, but the postback reports another order, coin or amount:
        /// [`differences`](NotConfirmed::differences) names them.
        Differs = "postback differs from what the vendor states",
        /// The invoice belongs to another project.
        OtherProject = "invoice belongs to another project",
        /// Less was paid than the invoice asked for.
        Partial = "invoice is paid in part",
        /// The invoice is `created`, has a status that this version does not know, or is not known to
        /// the vendor. Ask again later.
        Pending = "invoice is not paid yet, or not known to the vendor",
        /// The invoice is a test, or the vendor does not say that it is none.
        Test = "payment is a test, or not known to be none",
        /// Less was received than [the minimum](crate::ConfirmerBuilder::minimum_received_usd), or the
        /// vendor does not say how much.
        TooLittle = "received amount is too low",
        /// The vendor could not be asked. Ask again later.
        Unavailable = "vendor could not be asked",
    }
}

impl NotConfirmedKind {
    /// Whether to ask again later. Every other kind is final, unless the customer pays the rest.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        matches!(self, Self::Pending | Self::Unavailable)
    }

    /// The response to a postback whose payment is not confirmed.
    ///
    /// | response | if |
    /// |---|---|
    /// | 503 with `Retry-After` | [temporary](Self::is_temporary): not paid yet, or the vendor could not be asked |
    /// | 409 | the postback differs from what the vendor states |
    /// | 422 | canceled, another project's, paid in part, a test, too little |
    ///
    /// None is a 200: nothing was stored.
    pub const fn response(self) -> Response {
        macro_rules! error {
            ($status:literal, $message:literal $(, $header:expr)?) => {
                Response::new(
                    $status,
                    &[("content-type", "application/json") $(, $header)?],
                    concat!(r#"{"error":""#, $message, r#""}"#),
                )
            };
        }
        match self {
            Self::Canceled => error!(422, "Invoice canceled"),
            Self::Differs => error!(409, "Postback differs from the invoice"),
            Self::OtherProject => error!(422, "Invoice of another project"),
            Self::Partial => error!(422, "Invoice paid in part"),
            Self::Pending => error!(503, "Invoice not paid yet", ("retry-after", "30")),
            Self::Test => error!(422, "Test payment not accepted"),
            Self::TooLittle => error!(422, "Amount too low"),
            Self::Unavailable => error!(503, "Not confirmed yet", ("retry-after", "30")),
        }
    }
}

impl NotConfirmed {
    pub(crate) fn new(kind: NotConfirmedKind, invoice_id: InvoiceId) -> Self {
        Self {
            differences: Vec::new(),
            invoice_id,
            kind,
            retry_after: None,
            source: None,
            stated: None,
        }
    }

    /// Why it is not confirmed.
    #[must_use]
    pub fn kind(&self) -> NotConfirmedKind {
        self.kind
    }

    /// How the postback differs from what the vendor states; empty unless the kind is `Differs`.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// The invoice that was asked about.
    #[must_use]
    pub fn invoice_id(&self) -> &InvoiceId {
        &self.invoice_id
    }

    /// What the vendor states; `None` if it does not know the invoice or could not be asked.
    #[must_use]
    pub fn stated(&self) -> Option<&Invoice> {
        self.stated.as_deref()
    }

    /// When to ask again at the earliest, if the vendor says so or is not asked for a while.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for NotConfirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        for (index, difference) in self.differences.iter().enumerate() {
            let separator = if index == 0 { ": " } else { ", " };
            write!(f, "{separator}{difference}")?;
        }
        Ok(())
    }
}

impl error::Error for NotConfirmed {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
