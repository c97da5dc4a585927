//! `SqliteStore` on files of its own.

mod contract;
mod file;
mod settle;
#[path = "../shared/mod.rs"]
mod shared;
