//! Verifies the payment postbacks of CryptoCloud, now also called Trybit.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod amount;
mod answer;
mod builder;
mod claims;
mod currency;
mod error;
mod expected;
mod fields;
mod format;
mod invoice_id;
mod invoice_info;
mod json;
mod mac;
mod postback;
mod request;
mod scan;
mod secret;
mod status;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod token;
#[cfg(feature = "tracing")]
mod trace;
mod unix_time;
mod unverified;
mod verified;
mod verifier;

pub use amount::{Amount, AmountError};
pub use answer::{ANSWER_CONTENT_TYPE, RECEIVED_BODY};
pub use builder::{BuildError, VerifierBuilder};
pub use currency::{Currency, OtherCode};
pub use error::{Error, ErrorKind};
pub use expected::{Expected, Mismatch};
pub use format::Format;
pub use invoice_id::InvoiceId;
pub use invoice_info::{CurrencyInfo, InvoiceInfo, Network, Project, RawJson};
pub use postback::Postback;
pub use request::check_request;
pub use secret::{SecretKey, SecretKeyError};
pub use status::{InvoiceStatus, Status};
#[cfg(feature = "tracing")]
pub use trace::trace_outcome;
pub use unix_time::UnixTime;
pub use unverified::{MAX_BODY_BYTES, Unverified};
pub use verified::Verified;
pub use verifier::Verifier;

/// The decimal behind [`Amount`].
pub use rust_decimal::Decimal;
