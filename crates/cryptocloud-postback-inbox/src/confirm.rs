use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{Fields, Report};

/// Asks the vendor what it states about a payment now.
///
/// [`InboxBuilder::confirm`](crate::InboxBuilder::confirm) takes one.
/// `Confirmer` of `cryptocloud-postback-api` asks the vendor's API; write your own for another source,
/// or for a test:
///
/// ```
/// use async_trait::async_trait;
/// use cryptocloud_postback_inbox::{Confirm, Confirmation, Fields, Report};
///
/// /// Confirms what it is asked about.
/// #[derive(Debug)]
/// struct Agrees;
///
/// #[async_trait]
/// impl Confirm for Agrees {
///     async fn confirm(&self, report: &Report) -> Confirmation {
///         Confirmation::Paid(Fields {
///             invoice_info: Some(r#"{"status": "paid"}"#.into()),
///             ..report.fields.clone()
///         })
///     }
/// }
/// ```
#[async_trait]
pub trait Confirm: fmt::Debug + Send + Sync + 'static {
    /// Asks about this payment, and compares the statement with the report.
    ///
    /// The inbox stops it after [`Limits::confirm`](crate::Limits::confirm), and takes that, or a
    /// panic, for [`Unavailable`](Confirmation::Unavailable).
    async fn confirm(&self, report: &Report) -> Confirmation;
}

#[async_trait]
impl<C: Confirm + ?Sized> Confirm for Arc<C> {
    async fn confirm(&self, report: &Report) -> Confirmation {
        C::confirm(self, report).await
    }
}

/// What the vendor states about a payment. The inbox makes one move for each.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Confirmation {
    /// It is paid, and the report agrees with the vendor's statement, which is this. The handler runs,
    /// and [`Payment::check`](crate::Payment::check) compares the statement.
    ///
    /// As the statement has no amount that was paid, the status in
    /// [`invoice_info`](Fields::invoice_info) tells whether the invoice is paid in full.
    Paid(Fields),
    /// It is paid, but the report differs from the statement, in this way. Held as
    /// [`Differs`](crate::HoldKind::Differs).
    Differs(Box<str>),
    /// It is not paid yet, or the vendor does not know it. Asked again later; held as
    /// [`Unconfirmed`](crate::HoldKind::Unconfirmed) after 24 hours.
    Pending(Box<str>),
    /// It is not paid as it has to be: in part, as a test, canceled. Held as
    /// [`Unconfirmed`](crate::HoldKind::Unconfirmed).
    Refused(Box<str>),
    /// The vendor cannot be asked now. Asked again later, for as long as it takes.
    Unavailable {
        /// Why.
        reason: Box<str>,
        /// When to ask again at the earliest, if the vendor says so.
        retry_after: Option<Duration>,
    },
}

impl Confirmation {
    /// The vendor cannot be asked now, and does not say when to ask again.
    #[must_use]
    pub fn unavailable(reason: impl Into<Box<str>>) -> Self {
        Self::Unavailable {
            reason: reason.into(),
            retry_after: None,
        }
    }
}
