//! Servers that tests start from the machine's own binaries, and that leave nothing behind.
//!
//! Where the binaries are missing a test is skipped with one line, and under `CI` it fails.
#![forbid(unsafe_code)]

mod account;
mod postgres;
mod redis;
mod shared;

pub use postgres::PostgresServer;
pub use redis::RedisServer;
pub use shared::Shared;

use std::{env, io, net::TcpListener};

/// Says that a test cannot run here.
///
/// # Panics
///
/// Where the environment variable `CI` is set: there a missing server is a failure.
pub fn skip(what: &str) {
    assert!(env::var_os("CI").is_none(), "missing: {what}");
    eprintln!("skipped: {what}");
}

/// A port that was free a moment ago.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
