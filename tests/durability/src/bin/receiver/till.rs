use std::time::Duration;

use cryptocloud_postback_inbox::{InboxError, Outcome, Report, StoreError, StoreErrorKind};
use cryptocloud_postback_sqlx::{PostgresStore, SqliteStore, sqlx};
use durability::INSERT;
use tokio::time;

/// Claims and credits in one commit.
#[derive(Clone)]
pub(crate) enum Till {
    Postgres(PostgresStore),
    Sqlite(SqliteStore),
}

impl Till {
    pub(crate) async fn pay(
        &self,
        report: &Report,
        name: &str,
        timeout: Duration,
    ) -> Result<Outcome<()>, InboxError<sqlx::Error>> {
        let paid = async {
            match self {
                Self::Postgres(store) => in_one_commit!(store, "BEGIN", report, name),
                Self::Sqlite(store) => in_one_commit!(store, "BEGIN IMMEDIATE", report, name),
            }
        };
        // `claim_in` runs in the merchant's own transaction, so the merchant sets the limit.
        match time::timeout(timeout, paid).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::from(StoreErrorKind::TimedOut).into()),
        }
    }
}

/// The same code for two types of transaction.
macro_rules! in_one_commit {
    ($store:expr, $begin:literal, $report:expr, $name:expr) => {{
        let begun = $store.pool().begin_with($begin).await;
        let mut transaction = begun.map_err(unavailable)?;
        let entry = $store.claim_in(&mut transaction, $report).await?;
        if entry.is_first() {
            sqlx::query(INSERT)
                .bind($report.key().invoice_id())
                .bind($name)
                .execute(&mut *transaction)
                .await
                .map_err(unavailable)?;
        }
        transaction.commit().await.map_err(unavailable)?;
        entry.outcome()
    }};
}
use in_one_commit;

fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, error)
}
