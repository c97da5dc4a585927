//! [`VerifiedPostback`], an axum extractor for genuine payment postbacks of CryptoCloud (now also
//! called Trybit).
//!
//! # Quickstart
//!
//! ```
//! use axum::{Router, routing::any};
//! use cryptocloud_postback_axum::{Received, VerifiedPostback, core::Verifier};
//!
//! async fn paid(VerifiedPostback(postback): VerifiedPostback) -> Received {
//!     // The invoice is proven, the rest is reported: compare it with your own order, store it, and
//!     // only then return.
//!     println!("invoice {} is confirmed", postback.invoice_id());
//!     Received
//! }
//!
//! fn app(verifier: Verifier) -> Router {
//!     // `any`, since the extractor answers other methods than POST with 405.
//!     Router::new().route("/postback", any(paid)).with_state(verifier)
//! }
//! # use axum::{body::Body, http::Request};
//! # use cryptocloud_postback_axum::core::{SecretKey, UnixTime, testing::PostbackBuilder};
//! # use tower::ServiceExt;
//! #
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = "not-a-real-key-only-for-this-example";
//! # let app = app(Verifier::new(SecretKey::new(secret)?)?);
//! # let post = async |body: bytes::Bytes| {
//! #     let request = Request::post("/postback").body(Body::from(body)).expect("a request");
//! #     app.clone().oneshot(request).await.expect("an answer").status().as_u16()
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
//! # State
//!
//! The verifier can be a part of the state:
//!
//! ```
//! use axum::extract::FromRef;
//! use cryptocloud_postback_axum::core::Verifier;
//!
//! #[derive(Clone)]
//! struct AppState {
//!     verifier: Verifier,
//!     // and a pool of connections
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
//! # Several projects in one process
//!
//! Give each project a route of its own, and choose the verifier in the handler:
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
//! 1. Refuses another method than POST (405), a compressed body (415), and a body over 64 KiB or over
//!    the limit of the app (413), all before more than that is read.
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

mod extract;
#[cfg(feature = "inbox")]
mod handler;
mod received;
mod rejection;
#[cfg(feature = "inbox")]
mod route;

/// The crate that verifies.
pub use cryptocloud_postback as core;
/// The crate that processes each payment once.
#[cfg(feature = "inbox")]
pub use cryptocloud_postback_inbox as inbox;
pub use extract::{UnverifiedPostback, VerifiedPostback};
#[cfg(feature = "inbox")]
pub use handler::PostbackHandler;
pub use received::Received;
pub use rejection::PostbackRejection;
#[cfg(feature = "inbox")]
pub use route::postback_route;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
