//! `PostgresStore` on a server of its own.

use cryptocloud_postback_sqlx::{
    postgres::MIGRATIONS,
    sqlx::{PgConnection as Connection, PgPool as Pool},
};

use database::Database as Fixture;

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

const REPORT: &str = "cryptocloud_inbox.report";
const VERSION: &str = "cryptocloud_inbox.version";
