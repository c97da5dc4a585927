//! Asks the CryptoCloud (Trybit) API whether an invoice is paid, and creates invoices.
//!
//! The token of a postback proves its invoice and nothing else: an attacker who holds one can rewrite
//! status and amount until it expires.
//! A [`Confirmer`] asks the vendor, so that what is credited is what the vendor states.
//! This crate is not affiliated with the vendor.
//!
//! # Quickstart
//!
//! ```
//! use cryptocloud_postback_api::{
//!     Api, ApiKey, BaseUrl, Confirmer, NotConfirmedKind,
//!     core::{Expected, Verified},
//! };
//!
//! async fn receive(confirmer: &Confirmer, postback: &Verified) -> Result<&'static str, Error> {
//!     let payment = match confirmer.confirm(postback).await {
//!         Ok(payment) => payment,
//!         // Not paid yet, or the API is down: respond with 503, so that the vendor may send again.
//!         Err(refused) if refused.kind().is_temporary() => return Ok("later"),
//!         Err(refused) => {
//!             eprintln!("{}: {refused}", refused.invoice_id());
//!             return Ok("held for review");
//!         }
//!     };
//!     // The invoice finds your order, and the vendor's statement is compared with it.
//!     let order = Expected::invoice(payment.invoice_id().clone()).usd("25".parse()?);
//!     payment.check(&order)?;
//!     Ok("paid")
//! }
//!
//! # type Error = Box<dyn std::error::Error>;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! # use cryptocloud_postback_api::core::{SecretKey, Verifier, testing::PostbackBuilder};
//! # use cryptocloud_postback_mimic::{Invoice, InvoiceStatus, KEY, Mimic};
//! # let server = Mimic::start().await?;
//! # server.add(Invoice::new("ILRAJE1Q", InvoiceStatus::Paid));
//! # let env = |_: &str| Ok::<_, std::env::VarError>(KEY.to_owned());
//! # let address = server.url();
//! # let secret = "not-a-real-key-only-for-this-example";
//! # let verifier = Verifier::new(SecretKey::new(secret)?)?;
//! # let verify = |postback: PostbackBuilder| {
//! #     let signed = postback.json();
//! #     verifier.verify(signed.head(), signed.body())
//! # };
//! # let postback = PostbackBuilder::new(secret).currency("USDT_TRC20").amount("25");
//! # let genuine = verify(postback.clone())?;
//! # let forged = verify(postback.amount("9000"))?;
//! // `BaseUrl::CRYPTOCLOUD` or `BaseUrl::TRYBIT`; here it is a server for this example.
//! let base = BaseUrl::parse(&address)?;
//! let api = Api::builder(ApiKey::new(env("CRYPTOCLOUD_API_KEY")?)?, base).build()?;
//! let confirmer = Confirmer::builder(api).build();
//!
//! assert_eq!(receive(&confirmer, &genuine).await?, "paid");
//!
//! // Another amount under a valid token:
//! assert_eq!(receive(&confirmer, &forged).await?, "held for review");
//! let refused = confirmer.confirm(&forged).await.unwrap_err();
//! assert_eq!(refused.kind(), NotConfirmedKind::Differs);
//! # Ok(())
//! # }
//! ```
//!
//! - In a handler, take `ConfirmedPostback` of the adapters, by their feature `api`.
//! - With an inbox, give the confirmer to its builder (`confirm`), and nothing is lost while the API
//!   is down. A `Reconciler` then finds the payments whose postback never came.
//! - Create your invoices by [`Api::create_invoice`] and store the [id](Invoice::id) with the order:
//!   then a proven invoice finds its order, and no unsigned order id is needed.
//!
//! # What is confirmed
//!
//! 1. The vendor knows the invoice, and states it as `paid` or `overpaid`.
//! 2. It is a payment and no test, unless [tests are accepted](ConfirmerBuilder::accept_test).
//! 3. It belongs to [your project](ConfirmerBuilder::project_id), if you named one.
//! 4. You received [at least so much](ConfirmerBuilder::minimum_received_usd), if you named a minimum.
//! 5. Order, coin and amount of the postback do not contradict the statement.
//!
//! A [`Confirmed`] holds the statement.
//! Whether it pays your order is for [`Confirmed::check`] to say.
//!
//! # The calls
//!
//! - TLS by rustls with the certificates that the system trusts; no redirects, no proxy, no
//!   compression; a response of at most 1 MiB, and limits of time for a connection, a response and a
//!   call with all its retries.
//! - A 5xx, a 429 and a fault of the connection are tried again, after a delay that doubles, with
//!   jitter, or when `Retry-After` says. No other error is.
//!   [`create_invoice`](Api::create_invoice) and [`cancel`](Api::cancel) are sent again only if the
//!   vendor cannot have processed them.
//! - Every field is read for itself, amounts from their digits, unknown codes are kept, and what is odd
//!   in one element never costs another.
//! - The [API KEY](ApiKey) is in no error, no log and no `Debug`.
//!
//! # What it does not do
//!
//! It does not remember what was credited: that is up to the inbox, or to you.
//! It does not make payouts, and has no calls for static wallets.
//! The vendor documents neither rate limits nor the order of its list; nothing here relies on either.
//!
//! # Features
//!
//! - `metrics`: counts and times of calls, for the recorder of the crate `metrics`; the module
//!   `metrics` has the table.
//! - `inbox`: `Reconciler`, and `Confirm` of [`cryptocloud-postback-inbox`] for [`Confirmer`].
//!
//! [`cryptocloud-postback-inbox`]: https://docs.rs/cryptocloud-postback-inbox
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
mod kinds;
mod list;
#[cfg(feature = "metrics")]
pub mod metrics;
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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
