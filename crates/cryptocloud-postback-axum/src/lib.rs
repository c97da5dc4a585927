//! Verifies payment postbacks of CryptoCloud (now also called Trybit) in axum: a route that handles
//! each payment once, and an extractor.
//!
//! # Quickstart
//!
//! ```
//! use axum::Router;
//! use cryptocloud_postback_axum::{
//!     core::{Expected, Verifier},
//!     inbox::{Failure, Handler, Inbox, MemoryStore, Payment},
//!     postback_route,
//! };
//!
//! struct Shop;
//!
//! impl Handler<()> for Shop {
//!     async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
//!         // The invoice is proven: find your order by it.
//!         let Some(order) = order_of(payment.invoice_id().as_str()) else {
//!             return Err(Failure::hold("no order has this invoice"));
//!         };
//!         // All else is only reported: compare it. What differs is held for review.
//!         let expected = Expected::invoice(payment.invoice_id().clone());
//!         payment.check(&expected.order(order).usd("25".parse()?))?;
//!         // Mark the order as paid here. An error is tried again.
//!         Ok(())
//!     }
//! }
//!
//! fn app(verifier: Verifier, inbox: Inbox) -> Router {
//!     Router::new().route("/postback", postback_route(verifier, inbox))
//! }
//! # fn order_of(invoice: &str) -> Option<&'static str> {
//! #     (invoice == "ILRAJE1Q").then_some("ORDER_93223")
//! # }
//! # use axum::body::Body;
//! # use cryptocloud_postback_axum::{core::SecretKey, testing::PostbackBuilder};
//! # use tower::ServiceExt;
//! #
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = "not-a-real-key-only-for-this-example";
//! # let verifier = Verifier::new(SecretKey::new(secret)?)?;
//! // `SqliteStore` and `PostgresStore` outlive a restart; this one is for tests.
//! let inbox = Inbox::builder("shop", MemoryStore::new(1_000), Shop).start().await?;
//! let app = app(verifier, inbox.clone());
//! # let post = async |postback: PostbackBuilder| {
//! #     let request = postback.json().http_request("/postback").map(Body::from);
//! #     app.clone().oneshot(request).await.expect("a response").status()
//! # };
//! # let genuine = PostbackBuilder::new(secret).order_id("ORDER_93223").usd("25");
//! # let forged = genuine.clone().secret("another-key-of-at-least-32-bytes");
//!
//! assert_eq!(post(genuine).await, 200);
//! assert_eq!(post(forged).await, 401);
//! # Ok(())
//! # }
//! ```
//!
//! The handler belongs to the [inbox](inbox::Inbox): it runs once for each payment, and again after a failure, without a resend by the vendor.
//! With the stores of `cryptocloud-postback-sqlx` its second argument is a transaction of your own database.
//! The [guide](inbox::guide) has the rest.
//! This needs the feature `inbox`.
//!
//! # The extractor alone
//!
//! If you already process each payment only once, use [`VerifiedPostback`] on its own; "[What it does not do](#what-it-does-not-do)" says what is up to you then.
//! With the feature `api` there is also `ConfirmedPostback`: its handler runs only for payments that the vendor's API confirms, and sees what the vendor states.
//!
//! ```
//! use axum::{Router, http::StatusCode, routing::any};
//! use cryptocloud_postback_axum::{
//!     Received, VerifiedPostback,
//!     core::{Expected, Verifier},
//! };
//! # use cryptocloud_postback_axum::core::{Amount, InvoiceId, Mismatch};
//! # struct Order { id: String, invoice_id: InvoiceId, price: Amount }
//! # async fn find_order(invoice_id: &InvoiceId) -> Result<Order, StatusCode> {
//! #     let price = "25".parse().expect("an amount");
//! #     Ok(Order { id: "ORDER_93223".to_owned(), invoice_id: invoice_id.clone(), price })
//! # }
//! # async fn mark_as_paid(_: &Order) -> Result<(), StatusCode> { Ok(()) }
//! # async fn hold_for_review(_: &Order, mismatch: Mismatch) -> Result<(), StatusCode> {
//! #     panic!("{mismatch}")
//! # }
//!
//! async fn paid(VerifiedPostback(postback): VerifiedPostback) -> Result<Received, StatusCode> {
//!     // The invoice id is proven: find your order by it.
//!     // All else is only reported: compare it with that order.
//!     let order = find_order(postback.invoice_id()).await?;
//!     let expected = Expected::invoice(order.invoice_id.clone())
//!         .order(&*order.id)
//!         .usd(order.price);
//!     match postback.check(&expected) {
//!         Ok(()) => mark_as_paid(&order).await?,
//!         Err(mismatch) => hold_for_review(&order, mismatch).await?,
//!     }
//!     // The vendor is told only now that it is stored.
//!     Ok(Received)
//! }
//!
//! fn app(verifier: Verifier) -> Router {
//!     // `any`, because the extractor responds with 405 to any method other than POST.
//!     Router::new().route("/postback", any(paid)).with_state(verifier)
//! }
//! # use axum::body::Body;
//! # use cryptocloud_postback_axum::{core::SecretKey, testing::PostbackBuilder};
//! # use tower::ServiceExt;
//! #
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = "not-a-real-key-only-for-this-example";
//! # let app = app(Verifier::new(SecretKey::new(secret)?)?);
//! # let post = async |postback: PostbackBuilder| {
//! #     let request = postback.json().http_request("/postback").map(Body::from);
//! #     app.clone().oneshot(request).await.expect("a response").status()
//! # };
//! # let genuine = PostbackBuilder::new(secret).order_id("ORDER_93223").usd("25");
//! # let forged = genuine.clone().secret("another-key-of-at-least-32-bytes");
//!
//! assert_eq!(post(genuine).await, 200);
//! assert_eq!(post(forged).await, 401);
//! # Ok(())
//! # }
//! ```
//!
//! # State
//!
//! The verifier is the router's state, as above, or a part of it:
//!
//! ```
//! use axum::extract::FromRef;
//! use cryptocloud_postback_axum::core::Verifier;
//!
//! #[derive(Clone)]
//! struct AppState {
//!     verifier: Verifier,
//!     // and a database pool
//! }
//!
//! impl FromRef<AppState> for Verifier {
//!     fn from_ref(state: &AppState) -> Self {
//!         state.verifier.clone()
//!     }
//! }
//! ```
//!
//! A router without a verifier in its state does not compile.
//!
//! # Several projects
//!
//! Give each project a router with its own verifier as state and `nest` them, or choose the verifier
//! in the handler:
//!
//! ```
//! use std::collections::HashMap;
//!
//! use axum::{
//!     extract::{Path, State},
//!     http::StatusCode,
//!     response::{IntoResponse, Response},
//! };
//! use cryptocloud_postback_axum::{Received, UnverifiedPostback, core::Verifier};
//!
//! async fn paid(
//!     State(verifiers): State<HashMap<String, Verifier>>,
//!     Path(project): Path<String>,
//!     postback: UnverifiedPostback,
//! ) -> Response {
//!     let Some(verifier) = verifiers.get(&project) else {
//!         return StatusCode::NOT_FOUND.into_response();
//!     };
//!     match postback.verify(verifier) {
//!         Ok(postback) => Received.into_response(),
//!         Err(rejection) => rejection.into_response(),
//!     }
//! }
//! # let _: axum::Router = axum::Router::new()
//! #     .route("/{project}/postback", axum::routing::any(paid))
//! #     .with_state(HashMap::new());
//! ```
//!
//! # What it does
//!
//! 1. Refuses a method other than POST (405), a compressed body (415), and a body larger than 64 KiB
//!    or the app's own limit (413). A compressed body is never inflated.
//! 2. Reads the body within ten seconds, or responds with 408. The extractor holds at most twice the
//!    bytes that arrived. [`PostbackConfig`] sets the deadline and a lower size limit.
//! 3. Verifies the postback as described in [`core`]. The responses are those of the vendor's
//!    samples; every fault of the token gets `401 {"error":"Invalid token"}`.
//! 4. Emits one `tracing` event for each postback, with outcome, kind, format, project and invoice
//!    id, and never the token, the secret or the body.
//!
//! A body of up to 256 KiB that is refused early is read to its end and dropped, so that the sender
//! sees the response instead of a reset connection.
//!
//! # What it does not do
//!
//! **The extractor does not remember invoices**: the vendor may send the same postback twice, and for
//! five minutes a copy of it is as good as the original. `postback_route` remembers.
//! With the extractor alone it is up to you:
//!
//! - Credit the payment and store the invoice id in one database transaction, with a unique
//!   constraint on the invoice id. If the constraint fails, the payment is credited already.
//! - Return [`Received`] only after the commit, also if the invoice was credited before. On an error
//!   return a status of 500 or above.
//! - Keep what does not match an order, such as an underpaid payment, for review.
//! - Retry failures yourself.
//! - Ask the vendor's API now and then for paid invoices: whether a postback is sent again after an
//!   error is not documented. With an inbox, `Reconciler` of [`cryptocloud-postback-api`] does that.
//!
//! # Features
//!
//! - `aws-lc-rs` (default) and `rust-crypto`: which library computes the HMAC, as in [`core`].
//! - `api`: `ConfirmedPostback`, which asks the vendor's API whether the invoice is paid, on
//!   [`cryptocloud-postback-api`].
//! - `inbox`: [`postback_route`], on [`cryptocloud-postback-inbox`].
//! - `testing`: `testing`, signed postbacks for tests of your handlers; the README shows one.
//! - `tower`: `VerifyPostbackLayer`, the same checks as a layer.
//!
//! This version supports axum 0.8 and needs Rust 1.94 or newer.
//!
//! [`cryptocloud-postback-api`]: https://docs.rs/cryptocloud-postback-api
//! [`cryptocloud-postback-inbox`]: https://docs.rs/cryptocloud-postback-inbox
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
mod config;
#[cfg(feature = "api")]
mod confirmed;
mod extract;
#[cfg(feature = "tower")]
mod layer;
mod received;
mod rejection;
#[cfg(feature = "inbox")]
mod route;

pub use config::PostbackConfig;
#[cfg(feature = "api")]
pub use confirmed::{ConfirmedPostback, ConfirmedRejection};
/// The crate that verifies.
pub use cryptocloud_postback as core;
/// Signed postbacks for tests of your handlers.
#[cfg(feature = "testing")]
pub use cryptocloud_postback::testing;
/// The crate that asks the vendor's API.
#[cfg(feature = "api")]
pub use cryptocloud_postback_api as api;
/// The crate that processes each payment once.
#[cfg(feature = "inbox")]
pub use cryptocloud_postback_inbox as inbox;
pub use extract::{UnverifiedPostback, VerifiedPostback};
#[cfg(feature = "tower")]
pub use layer::{VerifyPostback, VerifyPostbackLayer};
pub use received::Received;
pub use rejection::PostbackRejection;
#[cfg(feature = "inbox")]
pub use route::postback_route;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
