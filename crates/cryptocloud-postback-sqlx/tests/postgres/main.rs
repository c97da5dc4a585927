//! `PostgresStore` on a server of its own.

mod contract;
mod database;
mod faults;
mod proxy;
mod schema;
mod settle;
#[path = "../shared/mod.rs"]
mod shared;
