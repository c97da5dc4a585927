//! `PostgresStore` on a server of its own.

mod database;
mod settle;
#[path = "../shared/mod.rs"]
mod shared;
