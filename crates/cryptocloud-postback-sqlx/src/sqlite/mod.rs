//! SQLite.

mod batch;
mod connect;
mod statements;
#[path = "../shared/steps.rs"]
mod steps;
#[path = "../shared/store.rs"]
mod store;

use sqlx::{
    Sqlite as Database, SqliteConnection as Connection, sqlite::SqliteArguments as Arguments,
};

pub use connect::SqliteStore;
use connect::SqliteStore as Store;

/// With the write lock from the start: a reader who wants to write later can be refused at once.
const BEGIN: &str = "BEGIN IMMEDIATE";
