//! [`VerifiedPostback`], an actix-web extractor for genuine payment postbacks of CryptoCloud (now
//! also called Trybit).
//!
//! # Quickstart
//!
//! ```
//! use actix_web::web;
//! use cryptocloud_postback_actix_web::{Received, VerifiedPostback, core::Verifier};
//!
//! async fn paid(VerifiedPostback(postback): VerifiedPostback) -> Received {
//!     // The invoice is proven, the rest is reported: compare it with your own order, store it, and
//!     // only then return.
//!     println!("invoice {} is confirmed", postback.invoice_id());
//!     Received
//! }
//!
//! /// For `App::configure`; make the verifier once, outside of the closure of `HttpServer::new`.
//! fn configure(config: &mut web::ServiceConfig, verifier: Verifier) {
//!     // Every method, since the extractor answers other ones than POST with 405.
//!     let route = web::route().to(paid);
//!     config.service(web::resource("/postback").app_data(verifier).route(route));
//! }
//! # use actix_web::{App, test::{TestRequest, call_service, init_service}};
//! # use cryptocloud_postback_actix_web::core::{SecretKey, UnixTime, testing::PostbackBuilder};
//! #
//! # #[actix_web::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = "not-a-real-key-only-for-this-example";
//! # let verifier = Verifier::new(SecretKey::new(secret)?)?;
//! # let app = init_service(App::new().configure(|config| configure(config, verifier))).await;
//! # let post = async |body: web::Bytes| {
//! #     let request = TestRequest::post().uri("/postback").set_payload(body);
//! #     call_service(&app, request.to_request()).await.status().as_u16()
//! # };
//! # let signed = PostbackBuilder::new(secret)
//! #     .expires_at(UnixTime::now()?.saturating_add(std::time::Duration::from_secs(240)));
//! # let genuine = signed.json().body();
//! # let forged = signed.token("").json().body();
//!
//! assert_eq!(post(genuine).await, 200);
//! assert_eq!(post(forged).await, 401);
//! # Ok(())
//! # }
//! ```
//!
//! The verifier can stand in the `app_data` of the app, a scope or a resource, by itself or as
//! `web::Data<Verifier>`, and the nearest one wins; keep to one of the two, since one by itself wins
//! over any `Data`.
//!
//! # Several projects in one process
//!
//! Give each project a scope or a resource with a verifier of its own, or choose it in the handler:
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
//! 1. Refuses another method than POST (405), a compressed body (415), and a body over 64 KiB or over
//!    [`PostbackConfig::limit`] (413), all before more than that is read. actix-web's own extractors
//!    would inflate a compressed body.
//! 2. Verifies the postback as [`core`] says, and answers what is not genuine in the words of the
//!    vendor's samples; every fault of the token is `401 {"error":"Invalid token"}`.
//! 3. Emits one `tracing` event for each postback, with outcome, kind, format and invoice id, and
//!    never the token, the secret or the body.
//!
//! The extractor does not remember invoices: the same one can be posted again.
//! With the feature `inbox`, `postback_route` makes a route that processes each payment once.
//!
//! # Features
//!
//! - `aws-lc-rs` (default) and `rust-crypto`: who computes the HMAC, as in [`core`].
//! - `inbox`: `postback_route`, on [`cryptocloud-postback-inbox`].
//!
//! [`cryptocloud-postback-inbox`]: https://docs.rs/cryptocloud-postback-inbox
#![forbid(unsafe_code)]

mod config;
mod error;
mod extract;
#[cfg(feature = "inbox")]
mod handler;
mod received;
#[cfg(feature = "inbox")]
mod route;

pub use config::PostbackConfig;
/// The crate that verifies.
pub use cryptocloud_postback as core;
/// The crate that processes each payment once.
#[cfg(feature = "inbox")]
pub use cryptocloud_postback_inbox as inbox;
pub use error::PostbackError;
pub use extract::{UnverifiedPostback, VerifiedPostback};
#[cfg(feature = "inbox")]
pub use handler::PostbackHandler;
pub use received::Received;
#[cfg(feature = "inbox")]
pub use route::postback_route;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
