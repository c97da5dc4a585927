#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod calls;
mod control;
mod fault;
mod invoice;
mod mimic;
mod payment;
mod python;

pub use calls::Request;
pub use cryptocloud_postback::InvoiceStatus;
pub use fault::Fault;
pub use invoice::Invoice;
pub use mimic::Mimic;
pub use payment::{Error, Payment};

/// An API KEY for tests. It is made up.
pub const KEY: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpZCI6MX0.bm90LWEtcmVhbC1rZXk";
