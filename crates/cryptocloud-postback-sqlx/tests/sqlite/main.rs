//! `SqliteStore` on files of its own.

mod contract;
mod file;
mod own_transaction;
mod replaced;
mod schema;
mod settle;
#[path = "../shared/mod.rs"]
mod shared;
