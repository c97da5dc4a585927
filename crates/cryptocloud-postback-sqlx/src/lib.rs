// The page links to both stores.
#![cfg_attr(
    all(feature = "postgres", feature = "sqlite"),
    doc = include_str!("lib.md")
)]
#![cfg_attr(
    not(all(feature = "postgres", feature = "sqlite")),
    doc = "Keeps the CryptoCloud (Trybit) payment inbox in your database, and runs your handler in its transaction."
)]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(any(feature = "postgres", feature = "sqlite")),
    expect(dead_code, reason = "all of it needs a database")
)]

mod connection;
mod dialect;
mod error;
mod file;
mod insertion;
mod migrate;
mod moves;
#[cfg(test)]
mod plans;
#[cfg(feature = "postgres")]
pub mod postgres;
mod queue;
mod row;
mod settle;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod statements;
mod store;

pub use dialect::Dialect;
pub use migrate::Migration;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub use sqlx;
pub use store::SqlStore;

#[cfg(all(doctest, feature = "postgres"))]
#[doc = include_str!("../README.md")]
struct Readme;
