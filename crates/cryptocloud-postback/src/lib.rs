//! Verifies the payment postbacks of CryptoCloud (now also called Trybit) and hands them over typed.
//!
//! When an invoice is confirmed, CryptoCloud posts JSON or a form to the merchant's URL, with an
//! HS256 JWT in the field `token`.
//! [`Verifier`] tells a genuine one from everything else; it does no I/O and knows no HTTP framework.
//! For a handler's argument take [`cryptocloud-postback-axum`] or
//! [`cryptocloud-postback-actix-web`], which do the rest.
//!
//! [`cryptocloud-postback-axum`]: https://docs.rs/cryptocloud-postback-axum
//! [`cryptocloud-postback-actix-web`]: https://docs.rs/cryptocloud-postback-actix-web
//!
//! # Quickstart
//!
//! ```
//! use cryptocloud_postback::{Error, SecretKey, Verified, Verifier};
//!
//! fn receive(
//!     verifier: &Verifier,
//!     content_type: Option<&[u8]>,
//!     body: Vec<u8>,
//! ) -> Result<Verified, Error> {
//!     verifier.verify(content_type, body.into())
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let environment = |_: &str| Ok::<_, std::env::VarError>("not-a-real-key-only-for-this-example");
//! let verifier = Verifier::new(SecretKey::new(environment("CRYPTOCLOUD_SECRET_KEY")?)?)?;
//! # use cryptocloud_postback::{UnixTime, testing::PostbackBuilder};
//! # let signed = PostbackBuilder::new("not-a-real-key-only-for-this-example")
//! #     .expires_at(UnixTime::now()?.saturating_add(std::time::Duration::from_secs(240)));
//! # let genuine = signed.json().body().to_vec();
//! # let forged = signed.token("e30.e30.e30").json().body().to_vec();
//!
//! let postback = receive(&verifier, Some(b"application/json"), genuine)?;
//! assert_eq!(postback.invoice_id().as_str(), "ILRAJE1Q"); // proven
//! assert_eq!(postback.reported().currency.as_str(), "BNB"); // reported
//!
//! let refused = receive(&verifier, Some(b"application/json"), forged).unwrap_err();
//! assert_eq!(refused.kind().status_code(), 401);
//! # Ok(())
//! # }
//! ```
//!
//! # What is verified
//!
//! 1. The body has at most 64 KiB, is JSON or a form in UTF-8, and nests no deeper than 32 levels.
//! 2. No field of the vendor's page comes twice, `invoice_info.uuid` neither, and each is of its type;
//!    an amount is exact.
//! 3. The token has three segments of canonical base64url, the algorithm exactly HS256 (RFC 8725
//!    section 3.1), and no header that changes what is signed or brings a key.
//! 4. Its MAC is from the secret, compared in constant time.
//! 5. Its claims, read only then (RFC 7515 section 5.2), say that it has not expired, and that it is
//!    valid for five minutes at most, give or take the leeway.
//! 6. It was issued for the invoice that the body names.
//! 7. The status is `success`.
//!
//! # What is not
//!
//! **The token does not sign the body.**
//! Amount, currency, order and status are as reported by whoever held a valid token of this invoice
//! within its five minutes: [`Verified::reported`] says so by its name.
//! Compare them with your own record ([`Verified::check`]), or ask the vendor's API.
//!
//! The same invoice can be posted again, by a resend or by a replay within those minutes.
//! Whoever credits money has to remember which invoices are done.
//!
//! # Where this differs from the vendor's samples
//!
//! The handlers on the vendor's page let a missing or blank token pass, accept a token without `exp`
//! or of another invoice, verify nothing in a form, and fall back to the secret `super-secret`.
//! Each of these lets anybody confirm any invoice, so all of them are refused here.
//! They also answer 400 to `"order_id": null`, which the page's own example has and payment links
//! send; that is accepted here, and [`VerifierBuilder::require_order_id`] brings it back.
//!
//! # Features
//!
//! - `aws-lc-rs` (default) and `rust-crypto`: who computes the HMAC. One is needed; with both, it is
//!   AWS-LC. `rust-crypto` needs no C compiler, but pulls in the crate `rsa` with its advisory
//!   RUSTSEC-2023-0071, which has no fix; nothing here calls it.
//! - `testing`: [`testing`](https://docs.rs/cryptocloud-postback/latest/cryptocloud_postback/testing/),
//!   signed postbacks for your own tests.
//! - `tracing`: the one event for each postback that the adapters emit.
#![forbid(unsafe_code)]

mod body;
mod error;
mod http;
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
pub use http::{head::RequestHead, response::Response};
pub use postback::{
    amount::{Amount, AmountError},
    currency::{Currency, OtherCode},
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
    expected::{Expected, Report},
    mismatch::{Difference, Mismatch},
    time::UnixTime,
    verified::Verified,
    verifier::Verifier,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
