//! Keeps CryptoCloud (Trybit) payments in Redis until they are handled.
#![forbid(unsafe_code)]

mod builder;
mod call;
mod connection;
mod durability;
mod epochs;
mod error;
mod keys;
mod record;
mod scripts;
mod settle;
mod store;
#[cfg(feature = "tls-rustls")]
mod tls;

pub use builder::RedisStoreBuilder;
pub use durability::Durability;
pub use redis;
pub use store::RedisStore;
