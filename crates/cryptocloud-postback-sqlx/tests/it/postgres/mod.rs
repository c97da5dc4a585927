//! PostgreSQL.

mod migrate;
mod records;
mod store;
mod together;
mod together_faults;

use std::{str::FromStr, sync::Arc, time::Duration};

use cryptocloud_postback_sqlx::{
    Entry, PostgresStore, TableName,
    sqlx::{
        self, Executor,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};
use throw_away_servers::{PostgresServer, Shared};

use crate::report;

pub(crate) const LEASE: Duration = Duration::from_secs(3_600);

static SERVER: Shared<PostgresServer> = Shared::new();

/// A store with a table of its own.
pub(crate) struct Shop {
    _server: Arc<PostgresServer>,
    pub(crate) options: PgConnectOptions,
    pub(crate) store: PostgresStore,
    pub(crate) table: TableName,
}

impl Shop {
    pub(crate) async fn open(name: &str) -> Result<Option<Self>, Box<dyn std::error::Error>> {
        let server = tokio::task::spawn_blocking(|| SERVER.get(PostgresServer::start)).await?;
        let Some(server) = server else {
            return Ok(None);
        };
        let options = PgConnectOptions::from_str(&server.url())?;
        let table = TableName::parse(name)?;
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .connect_lazy_with(options.clone());
        let store = PostgresStore::with_table(pool, &table);
        store.migrate().await?;
        let credits = format!("CREATE TABLE {name}_credits (amount text NOT NULL)");
        store.pool().execute(sqlx::AssertSqlSafe(credits)).await?;
        Ok(Some(Self {
            _server: server,
            options,
            store,
            table,
        }))
    }

    /// With another default isolation.
    fn serializable(&self) -> PgConnectOptions {
        let isolation = ("default_transaction_isolation", "serializable");
        self.options.clone().options([isolation])
    }

    /// A store to which no index gives an order.
    pub(crate) fn unindexed(&self) -> PostgresStore {
        let off = ["enable_bitmapscan", "enable_indexscan"].map(|name| (name, "off"));
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .connect_lazy_with(self.options.clone().options(off));
        PostgresStore::with_table(pool, &self.table)
    }

    /// Until so many of these statements wait for somebody's commit.
    pub(crate) async fn until_waiting(&self, statement: &str, count: i64) -> sqlx::Result<()> {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                       AND query LIKE $2 || ' ' || $1 || ' %'";
        loop {
            let (found,): (i64,) = sqlx::query_as(waiting)
                .bind(self.table.as_str())
                .bind(statement)
                .fetch_one(self.store.pool())
                .await?;
            if found == count {
                return Ok(());
            }
        }
    }

    async fn credits(&self) -> sqlx::Result<i64> {
        let text = format!("SELECT count(*) FROM {}_credits", self.table);
        let (count,) = sqlx::query_as(sqlx::AssertSqlSafe(text))
            .fetch_one(self.store.pool())
            .await?;
        Ok(count)
    }

    /// Claims and credits in one transaction.
    pub(crate) async fn pay(
        &self,
        amount: &str,
        commits: bool,
    ) -> Result<Entry, Box<dyn std::error::Error + Send + Sync>> {
        let mut transaction = self.store.pool().begin().await?;
        let report = report("A", amount);
        let entry = self.store.claim_in(&mut transaction, &report).await?;
        if entry.is_first() {
            let text = format!("INSERT INTO {}_credits VALUES ($1)", self.table);
            sqlx::query(sqlx::AssertSqlSafe(text))
                .bind(amount)
                .execute(&mut *transaction)
                .await?;
        }
        match commits {
            true => transaction.commit().await?,
            false => transaction.rollback().await?,
        }
        Ok(entry)
    }
}
