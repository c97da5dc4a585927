//! What the receiver and the tests share: options, ledger, secret.
#![forbid(unsafe_code)]

mod ledger;
mod options;

pub use ledger::{Effect, Ledger, Till};
pub use options::{Framework, Options};

/// The project of every receiver.
pub const PROJECT: &str = "shop";

/// The secret that signs and verifies every postback of these tests.
pub const SECRET: &str = "not-a-real-key-only-for-these-proofs";
