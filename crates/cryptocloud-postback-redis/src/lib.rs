//! Keeps CryptoCloud (Trybit) payments in Redis until they are handled.
//!
//! [`RedisStore`] is a store for [`Inbox`](cryptocloud_postback_inbox::Inbox): a postback is stored
//! before it is handled, tried again until the handler succeeds, and held for review if it matches
//! no order.
//!
//! ```no_run
//! use cryptocloud_postback::Expected;
//! use cryptocloud_postback_inbox::{Failure, Handler, Inbox, Payment};
//! use cryptocloud_postback_redis::{RedisStore, redis::Client};
//!
//! struct Shop;
//!
//! impl Handler<()> for Shop {
//!     async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
//!         let Some(order) = find_order(payment.invoice_id()).await? else {
//!             return Err(Failure::hold("no order has this invoice"));
//!         };
//!         let expected = Expected::invoice(payment.invoice_id().clone());
//!         payment.check(&expected.order(&*order.id).usd(order.price_usd))?;
//!         // The same key in every attempt, so that the other side credits the order once.
//!         credit(&order, &payment.idempotency_key()).await?;
//!         Ok(())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = RedisStore::connect(Client::open("redis://127.0.0.1/")?).await?;
//! let inbox = Inbox::builder("shop", store, Shop).start().await?;
//! # Ok(())
//! # }
//! # struct Order { id: String, price_usd: cryptocloud_postback::Amount }
//! # async fn find_order(_: &cryptocloud_postback::InvoiceId) -> std::io::Result<Option<Order>> { Ok(None) }
//! # async fn credit(_: &Order, _: &str) -> std::io::Result<()> { Ok(()) }
//! ```
//!
//! # A queue that remembers, not a guarantee
//!
//! The handler's effect is outside of Redis, so it and the state `done` are not one transaction.
//! **If the process or the connection fails between the two, the effect repeats.**
//! Pass [`idempotency_key`](cryptocloud_postback_inbox::Payment::idempotency_key) to whatever the
//! handler calls, and put a unique index on the invoice into your ledger.
//! If your orders are in PostgreSQL or SQLite, `cryptocloud-postback-sqlx` makes both one
//! transaction.
//!
//! | what fails | what happens |
//! |---|---|
//! | the handler, or the process while it runs | another attempt, at the latest after the lease |
//! | the process after the effect, before settle | another attempt: **the effect repeats** |
//! | the connection at settle | settle is tried again for the statement limit (5 s); if that fails, **the effect repeats** after the lease |
//! | the connection at any other command | 503, or another attempt; nothing is half done, since each event is one script |
//! | the server, with `appendfsync always` | the store connects again by itself, and nothing is lost |
//! | the server, with less | what it forgot is gone: held payments are lost, and **resends are credited again** |
//! | failover to a replica | replication is asynchronous, so the same for what was not replicated |
//! | the server is full (`noeviction`) | 503 for new payments; what is stored is finished |
//! | the data is flushed while a handler runs | its settle is rejected; [`RedisStore::losses`] counts it, and the log has an error |
//!
//! The inbox refuses [`Mode::StoreFirst`](cryptocloud_postback_inbox::Mode::StoreFirst) with this
//! store: a 200 would then promise what only this server knows.
//!
//! # The server
//!
//! At its start the store refuses a server that evicts, that has no append-only file with
//! `appendfsync always`, or that will not say, like hosted servers that deny
//! `CONFIG`.
//! [`RedisStoreBuilder::durability`] relaxes this requirement.
//! A restricted ACL user needs `EVALSHA`, `SCRIPT LOAD`, `INFO`, `CONFIG GET`, the commands in the
//! scripts, and the keys under the [prefix](RedisStoreBuilder::prefix).
//!
//! All keys of a project have the same hash tag, so they are on one node of a cluster or behind one
//! shard of a proxy. Redirections between the nodes of a cluster are not followed: the store refuses
//! to start on one node of several.
//!
//! A settled payment takes about 280 bytes: 184 for itself, the rest for the indexes. It expires
//! [800 days](RedisStoreBuilder::expire_after) after it was settled. Payments that are not settled
//! never expire.
//!
//! # Features
//!
//! - `tls-rustls`: enables `rediss://` URLs. For certificate authorities of your own, build the
//!   client with `redis::Client::build_with_tls`.
#![forbid(unsafe_code)]

mod builder;
mod call;
mod check;
mod connection;
mod durability;
mod epochs;
mod error;
mod inbox_store;
mod keys;
mod record;
mod reply;
mod scripts;
mod settle;
mod store;
#[cfg(feature = "tls-rustls")]
mod tls;

pub use builder::RedisStoreBuilder;
pub use durability::Durability;
pub use redis;
pub use store::RedisStore;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
