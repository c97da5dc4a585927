use std::sync::atomic::{AtomicI64, Ordering};

use cryptocloud_postback_redis::redis::{self, aio::MultiplexedConnection};
use cryptocloud_postback_sqlx::sqlx::{self, PgPool, SqlitePool};

use crate::BenchResult;

/// How much room the inbox takes in its store.
pub(crate) enum Size {
    Postgres(PgPool),
    /// The connection, and the bytes so far: the bare statement's keys are in the same memory.
    Redis(MultiplexedConnection, AtomicI64),
    Sqlite(SqlitePool),
    Unknown,
}

impl Size {
    pub(crate) fn redis(connection: MultiplexedConnection) -> Self {
        Self::Redis(connection, AtomicI64::new(0))
    }

    /// The bytes in use now, by the inbox and, in Redis, by everything else.
    pub(crate) async fn now(&self) -> BenchResult<i64> {
        Ok(match self {
            Self::Postgres(_) | Self::Sqlite(_) | Self::Unknown => 0,
            Self::Redis(connection, _) => {
                let mut info = redis::cmd("INFO");
                let info: String = info
                    .arg("memory")
                    .query_async(&mut connection.clone())
                    .await?;
                let used = info
                    .lines()
                    .find_map(|line| line.strip_prefix("used_memory:"));
                used.ok_or("no used_memory")?.trim().parse()?
            }
        })
    }

    /// Adds what has been used since.
    pub(crate) async fn add(&self, before: i64) -> BenchResult {
        if let Self::Redis(_, sum) = self {
            sum.fetch_add(self.now().await? - before, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Bytes a settled payment, after a vacuum.
    pub(crate) async fn of_each(&self, payments: usize) -> BenchResult<Option<f64>> {
        let bytes: i64 = match self {
            Self::Postgres(pool) => {
                sqlx::query("VACUUM FULL cryptocloud_inbox.report")
                    .execute(pool)
                    .await?;
                sqlx::query_scalar(POSTGRES).fetch_one(pool).await?
            }
            Self::Redis(_, sum) => sum.load(Ordering::Relaxed),
            Self::Sqlite(pool) => {
                sqlx::query("VACUUM").execute(pool).await?;
                sqlx::query_scalar(SQLITE).fetch_one(pool).await?
            }
            Self::Unknown => return Ok(None),
        };
        Ok(Some(bytes as f64 / payments as f64))
    }
}

const POSTGRES: &str = "SELECT pg_total_relation_size('cryptocloud_inbox.report')";
const SQLITE: &str = "SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_schema \
    WHERE tbl_name = 'cryptocloud_inbox_report')";
