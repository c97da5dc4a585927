//! From a body to a [`Verified`](crate::Verified) postback.

pub(crate) mod builder;
pub(crate) mod check;
pub(crate) mod expected;
pub(crate) mod mismatch;
pub(crate) mod report;
pub(crate) mod time;
pub(crate) mod verified;
pub(crate) mod verifier;
