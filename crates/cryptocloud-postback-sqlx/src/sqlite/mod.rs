//! SQLite.

mod connect;
mod statements;
#[path = "../shared/steps.rs"]
mod steps;
#[path = "../shared/store.rs"]
mod store;
mod writer;

use std::time::Duration;

use cryptocloud_postback_inbox::{Lease, Report};
use sqlx::{
    Sqlite as Database, SqliteConnection as Connection, sqlite::SqliteArguments as Arguments,
};

pub use connect::SqliteStore;
use connect::SqliteStore as Store;

use crate::error::Failure;

impl Store {
    async fn insert_claim(
        &self,
        report: &Report,
        lease: Duration,
    ) -> Result<Option<Lease>, Failure> {
        self.writer.claim(report, lease).await
    }

    async fn write_completion(&self, lease: &Lease) -> Result<bool, Failure> {
        self.writer.complete(lease).await
    }
}

/// With the write lock from the start: a reader who wants to write later can be refused at once.
const BEGIN: &str = "BEGIN IMMEDIATE";
