//! Asks the CryptoCloud (Trybit) API whether an invoice is paid, and creates invoices.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod api;
mod base_url;
mod circuit;
mod confirmed;
mod confirmer;
mod error;
mod fields;
mod info;
mod invoice;
mod key;
mod list;
mod new_invoice;
mod not_confirmed;
mod policy;
#[cfg(feature = "inbox")]
mod reconcile;
mod response;
mod retry;
mod source;

pub use api::{Api, ApiBuilder};
pub use base_url::{BaseUrl, BaseUrlError};
pub use confirmed::Confirmed;
pub use confirmer::{Confirmer, ConfirmerBuilder};
/// The crate that verifies.
pub use cryptocloud_postback as core;
/// The crate that processes each payment once.
#[cfg(feature = "inbox")]
pub use cryptocloud_postback_inbox as inbox;
pub use error::{ApiError, ApiErrorKind};
pub use invoice::Invoice;
pub use key::{ApiKey, ApiKeyError};
pub use new_invoice::NewInvoice;
pub use not_confirmed::{NotConfirmed, NotConfirmedKind};
#[cfg(feature = "inbox")]
pub use reconcile::{
    Found, OpenInvoices, ReconcileError, ReconcileErrorKind, Reconciler, ReconcilerBuildError,
    ReconcilerBuilder, Reconciliation,
};
pub use source::InvoiceSource;
/// The days of [`Api::list`].
pub use time::Date;
