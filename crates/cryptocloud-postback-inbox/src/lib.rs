//! Processes each CryptoCloud (Trybit) payment postback once.
//!
//! ```
//! use cryptocloud_postback::{SecretKey, Verifier, testing::{NOW, PostbackBuilder}};
//! use cryptocloud_postback_inbox::{Inbox, InboxError, MemoryStore, Outcome};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = "not-a-real-key-only-for-this-example";
//! # let verifier = Verifier::new(SecretKey::new(secret)?)?;
//! # let verify = |postback: PostbackBuilder| {
//! #     let signed = postback.json();
//! #     verifier.verify_at(Some(signed.content_type()), signed.body(), NOW)
//! # };
//! let inbox = Inbox::new("shop", MemoryStore::new(100_000))?;
//! let postback = verify(PostbackBuilder::new(secret))?;
//!
//! let first = inbox
//!     .handle(&postback, async |postback| credit(postback.invoice_id()).await)
//!     .await?;
//! assert_eq!(first, Outcome::Handled(1));
//!
//! let again = inbox
//!     .handle(&postback, async |postback| credit(postback.invoice_id()).await)
//!     .await?;
//! assert_eq!(again, Outcome::Duplicate);
//!
//! let changed = verify(PostbackBuilder::new(secret).amount("9000"))?;
//! let refused = inbox
//!     .handle(&changed, async |postback| credit(postback.invoice_id()).await)
//!     .await;
//! assert!(matches!(refused, Err(InboxError::Conflict)));
//! assert_eq!(inbox.conflicts(None, 10).await?.len(), 1);
//! # Ok(())
//! # }
//! # async fn credit(_: &cryptocloud_postback::InvoiceId) -> std::io::Result<u32> { Ok(1) }
//! ```
//!
//! `MemoryStore` serves one process.
//! `cryptocloud-postback-sqlx` has stores for SQLite and PostgreSQL, and `cryptocloud-postback-redis` one for Redis.
//!
//! # What is guaranteed
//!
//! 1. A handler only runs with a claim, which no two workers hold at once, also in several processes.
//! 2. `Ok` is returned only after the store has said that the payment is processed: answer 200 then, and what `InboxError` says otherwise.
//! 3. A resend runs the handler again only where it failed, panicked, or was not known to have ended.
//! 4. A report that differs from what is known of its invoice never runs the handler.
//!    It is kept without its token until somebody accepts or discards it.
//! 5. A claim of a crashed worker is free after its lease, and a worker that lost its lease is told so.
//! 6. A store that fails or hangs is an error within a limit, and the handler does not run.
//! 7. Where the caller is dropped, the work goes on in its own task.
//!
//! # What is not
//!
//! Effectively once within one database is as far as it goes: claim and business write in one transaction, with `claim_in` of the stores in `cryptocloud-postback-sqlx`.
//! With `Inbox::handle` the handler's effect and the completion are two writes.
//! A crash between them, or a handler that blocks its thread for longer than the lease, means that the handler runs again for the same payment: make it idempotent, with a unique index on the invoice.
//! With `panic = "abort"` a panic is a crash, and the lease frees the claim.
//!
//! What is reported is not signed.
//! Compare it with your own order (`Verified::check`) inside the handler, and fail where it differs: a failed report blocks nobody.
//!
//! # Features
//!
//! `contract-tests` has the tests that every store has to pass, for authors of stores.
#![forbid(unsafe_code)]

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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
