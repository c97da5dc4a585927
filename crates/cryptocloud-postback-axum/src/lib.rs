//! todo
#![forbid(unsafe_code)]

mod extract;
mod received;
mod rejection;

pub use cryptocloud_postback as core;
pub use extract::{UnverifiedPostback, VerifiedPostback};
pub use received::Received;
pub use rejection::PostbackRejection;
