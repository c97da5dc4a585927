#![doc = include_str!("../README.md")]
//!
//! ## State
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
//! ## Several projects
//!
//! `projects_route` (feature `projects`) finds verifier and inbox by the name in the path, and takes up
//! changed secrets without a restart.
//!
//! With the extractor alone, give each project a scope or a resource with its own verifier, or choose the verifier in the
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
//! ## What it does
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
//! actix-web itself queues the chunks that it has read, and has no setting for that queue: a sender
//! of one-byte chunks makes it hold about 1 MB for a connection until the deadline. If senders whom
//! you do not know can reach the server, let a proxy in front of it buffer request bodies, as nginx
//! does by default, and lower `HttpServer::max_connections`.
//!
//! A body of up to 256 KiB that is refused early is read to its end and dropped, so that the sender
//! sees the response instead of a reset connection.
//!
//! ## What it does not do
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
//! ## OpenAPI
//!
//! With the feature `utoipa`, `postback_openapi` describes the route of an inbox, and
//! `projects_openapi` that of many projects. Merge it into the document of the app:
//!
//! ```
//! use cryptocloud_postback_actix_web::postback_openapi;
//! use utoipa::OpenApi;
//!
//! #[derive(OpenApi)]
//! #[openapi(info(title = "Shop"))]
//! struct Shop;
//!
//! let document = Shop::openapi().merge_from(postback_openapi("/postback"));
//! ```
//!
//! A handler with the extractor describes itself:
//!
//! ```
//! use cryptocloud_postback_actix_web::{
//!     PostbackError, Received, VerifiedPostback,
//!     core::openapi::{PostbackForm, PostbackJson},
//! };
//!
//! #[utoipa::path(
//!     post,
//!     path = "/postback",
//!     request_body(content(
//!         (PostbackJson = "application/json"),
//!         (PostbackForm = "application/x-www-form-urlencoded"),
//!     )),
//!     responses(Received, PostbackError),
//! )]
//! async fn paid(VerifiedPostback(postback): VerifiedPostback) -> Received {
//!     // Credit the payment here.
//!     Received
//! }
//! ```
//!
//! ## Features
//!
//! - `aws-lc-rs` (default) and `rust-crypto`: which library computes the HMAC, as in [`core`].
//! - `api`: `ConfirmedPostback`, which asks the vendor's API whether the invoice is paid, on
//!   [`cryptocloud-postback-api`].
//! - `inbox`: [`postback_route`], on [`cryptocloud-postback-inbox`].
//! - `projects`: `projects_route`, a route for many projects, on [`cryptocloud-postback-projects`].
//! - `testing`: `testing`, signed postbacks for tests of your handlers, as above.
//! - `utoipa`: `postback_openapi`, `projects_openapi` and the responses of the extractors, as above.
//!
//! This version supports actix-web 4 and needs Rust 1.94 or newer.
//!
//! [`cryptocloud-postback-api`]: https://docs.rs/cryptocloud-postback-api
//! [`cryptocloud-postback-inbox`]: https://docs.rs/cryptocloud-postback-inbox
//! [`cryptocloud-postback-projects`]: https://docs.rs/cryptocloud-postback-projects
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod app_data;
mod body;
mod config;
#[cfg(feature = "api")]
mod confirmed;
mod error;
mod extract;
#[cfg(feature = "utoipa")]
mod openapi;
#[cfg(feature = "projects")]
mod projects_route;
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
#[cfg(all(feature = "inbox", feature = "utoipa"))]
pub use cryptocloud_postback_inbox::postback_openapi;
/// The crate that finds projects by their names.
#[cfg(feature = "projects")]
pub use cryptocloud_postback_projects as projects;
#[cfg(all(feature = "projects", feature = "utoipa"))]
pub use cryptocloud_postback_projects::projects_openapi;
pub use error::PostbackError;
pub use extract::{UnverifiedPostback, VerifiedPostback};
#[cfg(feature = "projects")]
pub use projects_route::projects_route;
pub use received::Received;
#[cfg(feature = "inbox")]
pub use route::postback_route;
