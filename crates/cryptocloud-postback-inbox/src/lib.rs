//! Stores each CryptoCloud (Trybit) payment, handles it once, and retries until it is settled.
#![forbid(unsafe_code)]

#[cfg(feature = "contract-tests")]
pub mod contract;
mod error;
mod failure;
mod fence;
mod fingerprint;
mod handler;
mod identity;
mod limits;
mod memory;
mod panics;
mod payment;
mod record;
mod report;
mod response;
mod settle;
mod state;
mod store;
pub mod transition;

pub use error::{StoreError, StoreErrorKind};
pub use failure::{Failure, FailureKind};
pub use fence::Fence;
pub use fingerprint::Fingerprint;
pub use handler::Handler;
pub use identity::{Identity, IdentityPolicy};
pub use limits::Limits;
pub use memory::MemoryStore;
pub use payment::{Payment, PaymentBuilder};
pub use record::{Counts, Decided, Decision, Hold, HoldKind, Record};
pub use report::{Claim, Fields, Report, ReportId, ReportIdError, Source};
pub use response::{Mode, Response};
pub use settle::{Attempt, Settled, Settles};
pub use state::State;
pub use store::{ClaimQuery, Claimed, InboxStore, Purge, Receipt, Start};
pub use transition::{Event, Refusal};
