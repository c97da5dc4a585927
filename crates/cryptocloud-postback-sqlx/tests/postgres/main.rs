//! `PostgresStore` on a server of its own.

mod contract;
mod database;
mod faults;
mod own_transaction;
mod pgbouncer;
mod proxy;
mod schema;
mod settle;
#[path = "../shared/mod.rs"]
mod shared;
#[cfg(feature = "tls-rustls")]
mod tls;
