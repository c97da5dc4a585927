//! `SqliteStore` on files of its own.

use cryptocloud_postback_sqlx::{
    sqlite::MIGRATIONS,
    sqlx::{SqliteConnection as Connection, SqlitePool as Pool},
};

use file::File as Fixture;

mod contract;
mod file;
mod own_transaction;
mod replaced;
mod schema;
mod settle;
#[path = "../shared/mod.rs"]
mod shared;

const REPORT: &str = "cryptocloud_inbox_report";
const VERSION: &str = "cryptocloud_inbox_version";
