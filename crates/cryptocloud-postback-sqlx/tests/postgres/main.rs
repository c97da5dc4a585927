//! `PostgresStore` on a server of its own.

mod contract;
mod database;
mod settle;
#[path = "../shared/mod.rs"]
mod shared;
