#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod claim;
mod conflict;
#[cfg(feature = "contract-tests")]
pub mod contract;
mod error;
mod fingerprint;
mod id;
mod inbox;
mod key;
mod lease;
mod memory;
mod outcome;
mod panics;
mod report;
pub mod rules;
mod slots;
mod store;
mod work;

pub use builder::{InboxBuildError, InboxBuilder};
pub use claim::Claim;
pub use conflict::Conflict;
pub use error::{StoreError, StoreErrorKind};
pub use fingerprint::Fingerprint;
pub use id::{ClaimId, ClaimIdError};
pub use inbox::Inbox;
pub use key::{Key, KeyPolicy};
pub use lease::{Lease, Owner};
pub use memory::MemoryStore;
pub use outcome::{InboxError, Outcome};
pub use report::Report;
pub use store::InboxStore;
