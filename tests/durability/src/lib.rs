//! What the receiver and the tests that start it have in common.
#![forbid(unsafe_code)]

mod ledger;
mod options;

pub use ledger::{INSERT, Ledger};
pub use options::{Framework, Mode, Options, OptionsError};

/// Signs and verifies everything here.
pub const SECRET: &str = "not-a-real-key-only-for-these-proofs";
