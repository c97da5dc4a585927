// The quickstart there needs SQLite.
#![cfg_attr(feature = "sqlite", doc = include_str!("lib.md"))]
#![cfg_attr(
    not(feature = "sqlite"),
    doc = "Processes each CryptoCloud (Trybit) payment postback once, with claims in PostgreSQL."
)]
#![forbid(unsafe_code)]
#![cfg_attr(
    all(feature = "postgres", feature = "sqlite"),
    expect(
        clippy::duplicate_mod,
        reason = "sqlx has no bounds for both databases that one could read"
    )
)]

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod decode;
mod entry;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod error;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod statements;
mod table;
mod warning;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod writer;

pub use entry::Entry;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub use sqlx;
pub use table::{TableName, TableNameError};
pub use warning::SettingWarning;

#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../README.md")]
struct Readme;
