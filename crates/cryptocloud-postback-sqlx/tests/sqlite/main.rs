//! `SqliteStore` on files of its own.

mod file;
mod settle;
#[path = "../shared/mod.rs"]
mod shared;
