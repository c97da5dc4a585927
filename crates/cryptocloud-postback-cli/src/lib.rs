//! The program `ccpostback`, which sends, signs, verifies and receives CryptoCloud postbacks, mimics the
//! vendor's API, and operates an inbox.
//!
//! As a library it has the parts of `ccpostback` that the project's own demo uses; no stability is
//! promised. For a service of your own, see the crate `cryptocloud-postback`.
#![forbid(unsafe_code)]

mod api;
mod body;
mod changes;
mod client;
mod draft;
mod forge;
mod guard;
#[cfg(feature = "inbox")]
mod inbox;
mod input;
mod listen;
mod output;
mod page;
mod program;
mod report;
mod saved;
mod secret;
mod send;
mod server;
mod sign;
mod verify;

pub use changes::Changes;
pub use guard::guard;
pub use page::{File, page};
pub use program::main;
pub use server::serve;
