//! Processes each CryptoCloud (Trybit) payment postback once, with claims in Redis.
//!
//! ```no_run
//! use cryptocloud_postback::Verified;
//! use cryptocloud_postback_inbox::{Inbox, InboxError, Outcome};
//! use cryptocloud_postback_redis::{RedisStore, redis};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = RedisStore::connect(redis::Client::open("redis://127.0.0.1/")?).await?;
//! let inbox = Inbox::new("shop", store)?;
//! # Ok(())
//! # }
//!
//! async fn receive(
//!     inbox: &Inbox,
//!     postback: &Verified,
//! ) -> Result<Outcome<()>, InboxError<std::io::Error>> {
//!     inbox
//!         .handle(postback, async |postback| credit(postback.invoice_id()).await)
//!         .await
//! }
//!
//! /// Refuses an invoice that is credited already.
//! async fn credit(invoice: &cryptocloud_postback::InvoiceId) -> std::io::Result<()> {
//!     # let _ = invoice;
//!     Ok(())
//! }
//! ```
//!
//! `InboxError` says what to answer where it is not 200.
//!
//! # What is guaranteed
//!
//! While the server forgets nothing, all that `cryptocloud-postback-inbox` says: each step is one script that compares before it sets, leases are by the server's clock, and each command has a time-out.
//!
//! # What is not
//!
//! **Redis is a cache of claims and no proof.**
//! What it forgets in a restart, a failover or an eviction is processed again, so the last line is a unique index on the invoice in your own tables.
//! `RedisStore` warns at its start where `maxmemory-policy` is not `noeviction`; `appendonly yes` with `appendfsync always` is what keeps claims over a restart.
//! Where that is not enough, `cryptocloud-postback-sqlx` is effectively once within one database.
//! Clusters are not supported.
#![forbid(unsafe_code)]

mod answer;
mod builder;
mod connection;
mod scripts;
mod store;

pub use builder::RedisStoreBuilder;
pub use redis;
pub use store::RedisStore;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
