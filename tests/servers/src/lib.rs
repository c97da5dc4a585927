//! PostgreSQL, PgBouncer and Redis servers for tests, started from the machine's own binaries. They leave nothing
//! behind.
//!
//! If a binary is missing, the test is skipped with one line, or fails under `CI`.
#![forbid(unsafe_code)]

mod account;
mod pgbouncer;
mod postgres;
mod redis;
mod shared;

pub use pgbouncer::PgBouncer;
pub use postgres::PostgresServer;
pub use redis::RedisServer;
pub use shared::Shared;

use std::{env, io, net::TcpListener};

/// Prints that a test is skipped, and why.
///
/// # Panics
///
/// Panics if the environment variable `CI` is set, because CI has to run every test.
pub fn skip(reason: &str) {
    assert!(env::var_os("CI").is_none(), "would be skipped: {reason}");
    eprintln!("skipped: {reason}");
}

/// A port that was free a moment ago.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
