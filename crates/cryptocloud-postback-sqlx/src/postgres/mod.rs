//! PostgreSQL.

mod connect;
mod statements;
#[path = "../shared/steps.rs"]
mod steps;
#[path = "../shared/store.rs"]
mod store;

use std::time::Duration;

use cryptocloud_postback_inbox::{Lease, Report};
use sqlx::{PgConnection as Connection, Postgres as Database, postgres::PgArguments as Arguments};

pub use connect::PostgresStore;
use connect::PostgresStore as Store;

use crate::error::Failure;

impl Store {
    async fn insert_claim(
        &self,
        report: &Report,
        lease: Duration,
    ) -> Result<Option<Lease>, Failure> {
        let mut connection = self.pool.acquire().await?;
        steps::insert_claim(&mut connection, &self.statements, report, lease).await
    }

    async fn write_completion(&self, lease: &Lease) -> Result<bool, Failure> {
        let complete = steps::held(&self.statements.complete, lease);
        let completed = complete.execute(&self.pool).await?;
        Ok(completed.rows_affected() > 0)
    }
}

/// Whatever the server's default is: what was waited for has to be seen.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
