//! Verifies payment postbacks of CryptoCloud (now also called Trybit) in actix-web: a route that
//! handles each payment once, and an extractor.
//!
//! # Quickstart
//!
//! ```
//! use actix_web::web;
//! use cryptocloud_postback_actix_web::{
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
//! /// For `App::configure`. Create the verifier and the inbox in `main`, outside the closure
//! /// of `HttpServer::new`.
//! fn configure(config: &mut web::ServiceConfig, verifier: Verifier, inbox: Inbox) {
//!     config.route("/postback", postback_route(verifier, inbox));
//! }
//! # fn order_of(invoice: &str) -> Option<&'static str> {
//! #     (invoice == "ILRAJE1Q").then_some("ORDER_93223")
//! # }
//! # use actix_web::{App, test::{TestRequest, call_service, init_service}};
//! # use cryptocloud_postback_actix_web::{core::SecretKey, testing::PostbackBuilder};
//! #
//! # #[actix_web::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = "not-a-real-key-only-for-this-example";
//! # let verifier = Verifier::new(SecretKey::new(secret)?)?;
//! // `SqliteStore` and `PostgresStore` outlive a restart; this one is for tests.
//! let inbox = Inbox::builder("shop", MemoryStore::new(1_000), Shop).start().await?;
//! let app = App::new().configure(|config| configure(config, verifier, inbox.clone()));
//! # let app = init_service(app).await;
//! # let post = async |postback: PostbackBuilder| {
//! #     let request = TestRequest::post().uri("/postback").set_payload(postback.json().body());
//! #     call_service(&app, request.to_request()).await.status()
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
//! use actix_web::{Result, web};
//! use cryptocloud_postback_actix_web::{
//!     Received, VerifiedPostback,
//!     core::{Expected, Verifier},
//! };
//! # use cryptocloud_postback_actix_web::core::{Amount, InvoiceId, Mismatch};
//! # struct Order { id: String, invoice_id: InvoiceId, price: Amount }
//! # async fn find_order(invoice_id: &InvoiceId) -> Result<Order> {
//! #     let price = "25".parse().expect("an amount");
//! #     Ok(Order { id: "ORDER_93223".to_owned(), invoice_id: invoice_id.clone(), price })
//! # }
//! # async fn mark_as_paid(_: &Order) -> Result<()> { Ok(()) }
//! # async fn hold_for_review(_: &Order, mismatch: Mismatch) -> Result<()> {
//! #     panic!("{mismatch}")
//! # }
//!
//! async fn paid(VerifiedPostback(postback): VerifiedPostback) -> Result<Received> {
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
//! /// For `App::configure`. Build the verifier once, outside the closure of `HttpServer::new`.
//! fn configure(config: &mut web::ServiceConfig, verifier: Verifier) {
//!     // Every method, because the extractor responds with 405 to any method other than POST.
//!     let route = web::route().to(paid);
//!     config.service(web::resource("/postback").app_data(verifier).route(route));
//! }
//! # use actix_web::{App, test::{TestRequest, call_service, init_service}};
//! # use cryptocloud_postback_actix_web::{core::SecretKey, testing::PostbackBuilder};
//! #
//! # #[actix_web::main]
//! # async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! # let secret = "not-a-real-key-only-for-this-example";
//! # let verifier = Verifier::new(SecretKey::new(secret)?)?;
//! # let app = init_service(App::new().configure(|config| configure(config, verifier))).await;
//! # let post = async |postback: PostbackBuilder| {
//! #     let request = TestRequest::post().uri("/postback").set_payload(postback.json().body());
//! #     call_service(&app, request.to_request()).await.status()
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
//! The verifier is in the `app_data` of the app, a scope or a resource, as above or as
//! `web::Data<Verifier>`. The innermost one applies.
//! Use one of the two types throughout: actix-web does not tell which of two types is nearer, so with
//! both the response is 500 ([`VerifierAmbiguous`](core::ErrorKind::VerifierAmbiguous)).
//!
//! A verifier within your own state needs an entry of its own; a clone costs an `Arc`:
//!
//! ```
//! use actix_web::{App, web};
//! use cryptocloud_postback_actix_web::core::Verifier;
//!
//! struct AppState {
//!     verifier: Verifier,
//!     // and a database pool
//! }
//!
//! fn configure(config: &mut web::ServiceConfig, state: web::Data<AppState>) {
//!     config.app_data(state.verifier.clone()).app_data(state);
//! }
//! ```
//!
//! # Several projects
//!
//! Give each project a scope or a resource with its own verifier, or choose the verifier in the
//! handler:
//!
//! ```
//! use std::collections::HashMap;
//!
//! use actix_web::{HttpResponse, Responder, error::ErrorNotFound, web};
//! use cryptocloud_postback_actix_web::{Received, UnverifiedPostback, core::Verifier};
//!
//! async fn paid(
//!     verifiers: web::Data<HashMap<String, Verifier>>,
//!     project: web::Path<String>,
//!     postback: UnverifiedPostback,
//! ) -> actix_web::Result<impl Responder> {
//!     let verifier = verifiers
//!         .get(project.as_str())
//!         .ok_or_else(|| ErrorNotFound("no such project"))?;
//!     let postback = postback.verify(verifier)?;
//!     Ok(Received)
//! }
//! # let _ = actix_web::App::new().route("/{project}/postback", web::route().to(paid));
//! ```
//!
//! # What it does
//!
//! 1. Refuses a method other than POST (405), a compressed body (415), and a body larger than 64 KiB
//!    (413). A compressed body is never inflated, as actix-web's own extractors would.
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
//!
//! This version supports actix-web 4 and needs Rust 1.94 or newer.
//!
//! [`cryptocloud-postback-api`]: https://docs.rs/cryptocloud-postback-api
//! [`cryptocloud-postback-inbox`]: https://docs.rs/cryptocloud-postback-inbox
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod app_data;
mod body;
mod config;
#[cfg(feature = "api")]
mod confirmed;
mod error;
mod extract;
mod received;
mod response;
#[cfg(feature = "inbox")]
mod route;

pub use config::PostbackConfig;
#[cfg(feature = "api")]
pub use confirmed::{ConfirmedError, ConfirmedPostback};
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
pub use error::PostbackError;
pub use extract::{UnverifiedPostback, VerifiedPostback};
pub use received::Received;
#[cfg(feature = "inbox")]
pub use route::postback_route;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
