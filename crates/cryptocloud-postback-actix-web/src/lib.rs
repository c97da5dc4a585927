//! todo
#![forbid(unsafe_code)]

mod config;
mod error;
mod extract;
mod received;

pub use config::PostbackConfig;
pub use cryptocloud_postback as core;
pub use error::PostbackError;
pub use extract::{UnverifiedPostback, VerifiedPostback};
pub use received::Received;
