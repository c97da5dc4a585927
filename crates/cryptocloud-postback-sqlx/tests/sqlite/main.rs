//! `SqliteStore` on files of its own.

mod contract;
mod file;
mod schema;
mod settle;
#[path = "../shared/mod.rs"]
mod shared;
