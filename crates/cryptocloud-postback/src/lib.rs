//! Verifies the payment postbacks of CryptoCloud (now also called Trybit) and parses them into types.
//!
//! When an invoice is confirmed, CryptoCloud sends a POST with JSON or a form to the merchant's URL,
//! with an HS256 JWT in the field `token`.
//! A [`Verifier`] accepts only genuine postbacks.
//! It does no I/O and knows no HTTP framework: for a handler argument use
//! [`cryptocloud-postback-axum`] or [`cryptocloud-postback-actix-web`].
//! This crate is not affiliated with the vendor.
//!
//! [`cryptocloud-postback-axum`]: https://docs.rs/cryptocloud-postback-axum
//! [`cryptocloud-postback-actix-web`]: https://docs.rs/cryptocloud-postback-actix-web
//!
//! # Quickstart
//!
//! Store the invoice id when you create the invoice.
//! The token proves it, so it finds the order; everything else is only reported, so compare it.
//!
//! ```
//! use bytes::Bytes;
//! use cryptocloud_postback::{
//!     Amount, Error, Expected, InvoiceId, RequestHead, SecretKey, Verifier,
//! };
//!
//! struct Order {
//!     invoice_id: InvoiceId,
//!     usd: Amount,
//! }
//!
//! fn receive(
//!     verifier: &Verifier,
//!     orders: &[Order],
//!     head: RequestHead,
//!     body: Bytes,
//! ) -> Result<String, Error> {
//!     let postback = verifier.verify(head, body)?;
//!     let order = orders.iter().find(|order| order.invoice_id == *postback.invoice_id());
//!     let Some(order) = order else {
//!         return Ok("held for review: no order has this invoice".to_owned());
//!     };
//!     let expected = Expected::invoice(order.invoice_id.clone()).usd(order.usd);
//!     match postback.check(&expected) {
//!         Ok(()) => Ok("paid".to_owned()),
//!         Err(mismatch) => Ok(format!("held for review: {mismatch}")),
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = "not-a-real-key-only-for-this-example";
//! # let env = |_: &str| Ok::<_, std::env::VarError>(secret.to_owned());
//! # let json = |postback: cryptocloud_postback::testing::PostbackBuilder| postback.json().body();
//! # let genuine = cryptocloud_postback::testing::PostbackBuilder::new(secret).usd("10.5");
//! # let forged = json(genuine.clone().token("e30.e30.e30"));
//! # let underpaid = json(genuine.clone().paid("0.00005"));
//! # let genuine = json(genuine);
//! let verifier = Verifier::new(SecretKey::new(env("CRYPTOCLOUD_SECRET_KEY")?)?)?;
//! let orders = [Order { invoice_id: InvoiceId::parse("ILRAJE1Q")?, usd: "10.5".parse()? }];
//! let head = || RequestHead::check("POST", [("content-type", b"application/json".as_slice())]);
//!
//! // Accepted:
//! assert_eq!(receive(&verifier, &orders, head()?, genuine)?, "paid");
//!
//! // Genuine, but it does not pay the order:
//! assert_eq!(
//!     receive(&verifier, &orders, head()?, underpaid)?,
//!     "held for review: postback does not match the order: paid amount too low"
//! );
//!
//! // Refused:
//! let error = receive(&verifier, &orders, head()?, forged).unwrap_err();
//! assert_eq!(error.kind().response().status(), 401);
//! # Ok(())
//! # }
//! ```
//!
//! # What is verified
//!
//! 1. The request is a POST, and its body is not compressed.
//! 2. The body has at most 64 KiB, is JSON or a form in UTF-8, and nests no deeper than 32 levels.
//! 3. No field of the vendor's page appears twice, and each has a value of its type; amounts are
//!    exact.
//! 4. The token has three segments of canonical base64url, its algorithm is exactly HS256 (RFC 8725
//!    section 3.1), and no header changes what is signed or brings a key.
//! 5. Its MAC was made with the secret. The comparison takes constant time.
//! 6. Its claims, read only after that (RFC 7515 section 5.2), say that it has not expired and that
//!    it is valid for at most five minutes, give or take the leeway.
//! 7. It was issued for the invoice that the body names.
//! 8. The status is `success`.
//!
//! # What is not verified
//!
//! - **The token does not sign the body.**
//!   Until a token of this invoice expires, an attacker who holds it can rewrite amount, currency,
//!   order, status and `invoice_info`.
//!   [`Verified::reported`] has them, and [`Verified::check`] compares them with your order.
//!   Only the vendor's API can confirm them.
//! - **`success` does not mean paid in full.**
//!   Partial payments and confirmations by hand arrive as `success` too: see [`Expected::usd`],
//!   [`Expected::amount`] and [`Expected::minimum_paid`].
//! - **The same invoice can arrive again**, as a resend, or as a replay before the token expires.
//!   Remember which invoices you have credited.
//!
//! # Differences from the vendor's samples
//!
//! The handlers on the vendor's page accept a missing or blank token, a token without `exp` and a
//! token of another invoice, verify nothing in a form, and fall back to the secret `super-secret`.
//! Each of these lets an attacker confirm any invoice, so all of them are refused here.
//!
//! They also respond with 400 to `"order_id": null`, which payment links send and the page's own
//! example has.
//! It is accepted here, unless [`VerifierBuilder::require_order_id`] is set.
//!
//! # Features
//!
//! - `aws-lc-rs` (default) and `rust-crypto`: the implementation of the HMAC. One is required; with
//!   both, AWS-LC is used. `rust-crypto` needs no C compiler, but depends on the crate `rsa`, whose
//!   advisory RUSTSEC-2023-0071 has no fix; nothing here calls it.
//! - `http`: `Verifier::verify_http` for an `http::Request`, and a [`Response`] as an
//!   `http::Response`.
//! - `metrics`: counts and times of postbacks, for the recorder of the crate `metrics`; the module
//!   `metrics` has the table.
//! - `opentelemetry`: the span of a postback continues the trace of its request, see below.
//! - `testing`: `testing::PostbackBuilder`, signed postbacks for your own tests.
//! - `tracing`: one span and one event for each postback, see below.
//! - `utoipa`: the module `openapi` describes routes for postbacks in OpenAPI.
//!
//! # Span and event
//!
//! With the feature `tracing`, the span `postback` begins with the head of a request, at `INFO` and with
//! the target `cryptocloud_postback`.
//! It has one event, which is at `INFO` if the postback is accepted, else at `WARN` or `ERROR`.
//! With an inbox the span lasts until the payment is handled or left to a worker; an attempt of a worker
//! has a span of its own.
//!
//! | field of the span | recorded with the outcome |
//! |---|---|
//! | `project` | the [name of the verifier](VerifierBuilder::project) |
//! | `invoice_id` | the invoice, escaped; if the postback was refused, what its body names |
//! | `kind` | the [`ErrorKind`] if it was refused |
//! | `report_id` | by an inbox: the number of the stored report |
//! | `state` | by an inbox: the state in which the report was left |
//! | `trace_id` | from the start: the trace that the postback is part of, if it is part of one |
//!
//! # Traces
//!
//! The [`TraceContext`] of a request is its headers `traceparent` and `tracestate`, if they are valid:
//! others never make a difference. An inbox stores it with the payment.
//!
//! With the feature `opentelemetry` and a layer of `tracing-opentelemetry`, the span `postback` is part
//! of a trace: of the one of the current span, such as that of your server's middleware, and otherwise
//! of the one that the request names. If the two differ, the span links to the one of the request. Its
//! own context is then what an inbox stores.
//!
//! Any sender can set these headers. If your proxy does not replace them, the sender chooses the id of
//! the trace, and a sampler that follows the parent lets the sender decide whether it is recorded.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod body;
mod error;
mod http;
mod listed;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "utoipa")]
pub mod openapi;
mod postback;
#[cfg(feature = "testing")]
pub mod testing;
mod token;
mod verify;

pub use body::{
    format::Format,
    unverified::{MAX_BODY_BYTES, Unverified},
};
pub use error::{Error, ErrorKind};
pub use http::{head::RequestHead, response::Response, trace_context::TraceContext};
pub use postback::{
    amount::{Amount, AmountError},
    code::{CodeError, OtherCode},
    currency::Currency,
    invoice_id::InvoiceId,
    invoice_info::{CurrencyInfo, InvoiceInfo, Network, Project, RawJson},
    payload::Postback,
    status::{InvoiceStatus, Status},
};
/// The decimal in an [`Amount`].
pub use rust_decimal::Decimal;
/// The timestamps in an [`InvoiceInfo`].
pub use time::OffsetDateTime;
pub use token::secret::{SecretKey, SecretKeyError};
pub use verify::{
    builder::{BuildError, VerifierBuilder},
    check::Check,
    expected::Expected,
    mismatch::{Difference, Mismatch},
    report::Report,
    time::UnixTime,
    verified::Verified,
    verifier::Verifier,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
