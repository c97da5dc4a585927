use cryptocloud_postback_sqlx::{
    SqlStore, SqliteStore,
    sqlx::{self, AssertSqlSafe, Sqlite},
};
use tempfile::TempDir;

use crate::{Shop, TABLES, TestResult};

/// A SQLite file.
#[derive(Debug)]
pub struct SqliteShop {
    _folder: TempDir,
    path: String,
    store: SqliteStore,
}

impl Shop for SqliteShop {
    type Store = SqlStore<Sqlite, ()>;

    const FORGET_SETTLE: &str = "\
        DROP TRIGGER cryptocloud_inbox_settle_insert; \
        CREATE TRIGGER cryptocloud_inbox_settle_insert \
        INSTEAD OF INSERT ON cryptocloud_inbox_settle BEGIN SELECT 1; END";
    const REPORTS: &str = "cryptocloud_inbox_report";

    async fn create() -> TestResult<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("shop.sqlite");
        let store = SqliteStore::connect(&path).await?;
        store.migrate().await?;
        let shop = Self {
            _folder: folder,
            path: path.to_str().ok_or("path is not UTF-8")?.to_owned(),
            store,
        };
        shop.run(TABLES).await?;
        Ok(Some(shop))
    }

    fn url(&self) -> &str {
        &self.path
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
