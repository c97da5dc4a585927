use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use cryptocloud_postback_sqlx::{
    PostgresStore, SqlStore,
    sqlx::{self, AssertSqlSafe, PgPool, Postgres},
};
use throw_away_servers::{PostgresServer, Shared};

use crate::{LockOutbox, Shop, TABLES, TestResult};

/// A PostgreSQL database.
#[derive(Debug)]
pub struct PostgresShop {
    _server: Arc<PostgresServer>,
    store: PostgresStore,
    url: String,
}

impl Shop for PostgresShop {
    type Store = SqlStore<Postgres, ()>;

    const FORGET_SETTLE: &str = "\
        CREATE OR REPLACE FUNCTION cryptocloud_inbox.settle(\
        report_id bigint, claim_fence bigint, keep_invoice_info boolean DEFAULT false\
        ) RETURNS void LANGUAGE sql AS ''";
    const REPORTS: &str = "cryptocloud_inbox.report";

    async fn create() -> TestResult<Option<Self>> {
        static SERVER: Shared<PostgresServer> = Shared::new();
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Some(server) = SERVER.get(PostgresServer::start) else {
            return Ok(None);
        };
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let pool = PgPool::connect(&server.url()).await?;
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create).execute(&pool).await?;
        pool.close().await;
        let url = format!("postgres://postgres@127.0.0.1:{}/{name}", server.port());
        let store = PostgresStore::connect(&url).await?;
        store.migrate().await?;
        let shop = Self {
            _server: server,
            store,
            url,
        };
        shop.run(TABLES).await?;
        Ok(Some(shop))
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn store(&self) -> Self::Store {
        self.store.clone().with_own_transactions()
    }

    async fn run(&self, sql: impl Into<String> + Send) -> TestResult {
        let sql = AssertSqlSafe(sql.into());
        sqlx::raw_sql(sql).execute(self.store.pool()).await?;
        Ok(())
    }

    async fn number(&self, sql: &'static str) -> TestResult<i64> {
        let query = sqlx::query_scalar(sql);
        Ok(query.fetch_one(self.store.pool()).await?)
    }
}

impl LockOutbox for PostgresShop {
    async fn lock_outbox(&self) -> TestResult<impl Sized + Send> {
        let mut lock = self.store.pool().begin().await?;
        let sql = "LOCK TABLE outbox";
        sqlx::raw_sql(sql).execute(&mut *lock).await?;
        Ok(lock)
    }
}
