//! PostgreSQL.

mod batch;
mod connect;
mod statements;
#[path = "../shared/steps.rs"]
mod steps;
#[path = "../shared/store.rs"]
mod store;

use sqlx::{PgConnection as Connection, Postgres as Database, postgres::PgArguments as Arguments};

pub use connect::PostgresStore;
use connect::PostgresStore as Store;

/// Whatever the server's default is: what was waited for has to be seen.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
