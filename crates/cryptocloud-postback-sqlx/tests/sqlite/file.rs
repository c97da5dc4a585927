use std::path::PathBuf;

use cryptocloud_postback_inbox::{
    Attempt, Failure, Handler, InboxStore, Limits, Payment, Record, Settled, Settles,
};
use cryptocloud_postback_sqlx::{
    SqliteStore,
    sqlx::{self, AssertSqlSafe, SqliteConnection, SqlitePool, raw_sql},
};
use tempfile::TempDir;

use crate::shared::{self, PROJECT, claimed, report};

/// A file of its own, migrated, with an order to pay.
pub(crate) struct File {
    _folder: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) store: SqliteStore,
}

impl File {
    pub(crate) async fn new() -> Self {
        let file = Self::empty().await;
        file.store
            .migrate()
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        file.run("CREATE TABLE orders (invoice TEXT PRIMARY KEY, paid INTEGER NOT NULL CHECK (paid < 9))")
            .await;
        file.run("INSERT INTO orders VALUES ('A', 0), ('B', 0)")
            .await;
        file
    }

    /// Without the inbox.
    pub(crate) async fn empty() -> Self {
        let folder = TempDir::new().unwrap_or_else(|error| panic!("{error}"));
        let path = folder.path().join("inbox.sqlite");
        let store = SqliteStore::connect(&path).await;
        Self {
            _folder: folder,
            path,
            store: store.unwrap_or_else(|error| panic!("{error:?}")),
        }
    }

    pub(crate) async fn run(&self, sql: impl Into<String>) {
        run(self.store.pool(), sql).await;
    }

    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(self.store.pool())
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    pub(crate) async fn paid(&self) -> i64 {
        self.number("SELECT sum(paid) FROM orders").await
    }

    /// The payment of the first report, which a worker holds.
    pub(crate) async fn payment(&self) -> Payment {
        let receipt = self.store.receive(&report("A", "1"), shared::start()).await;
        let claim = claimed(receipt.unwrap_or_else(|error| panic!("{error:?}")));
        assert_eq!(claim.id.number(), 1);
        self.taken_over().await
    }

    /// The payment of a worker that took the first report over.
    pub(crate) async fn taken_over(&self) -> Payment {
        let payment = shared::payment("A");
        let fence = payment.claim().fence;
        self.run(format!(
            "UPDATE cryptocloud_inbox_report SET fence = {fence}"
        ))
        .await;
        payment
    }

    pub(crate) async fn settle<H: Handler<SqliteConnection>>(
        &self,
        payment: &Payment,
        handler: &H,
    ) -> Settled {
        let limits = Limits::default();
        self.store
            .settle(Attempt::new(handler, &limits, payment))
            .await
    }

    /// The first report.
    pub(crate) async fn record(&self) -> Record {
        let records = self.store.find(PROJECT, "A").await;
        let mut records = records.unwrap_or_else(|error| panic!("{error:?}"));
        records.remove(0)
    }
}

/// A handler that runs statements.
pub(crate) struct Script {
    statements: Vec<String>,
    /// Whether it ignores errors of its statements.
    ignores: bool,
    /// Whether it fails in the end.
    fails: bool,
}

pub(crate) const PAY: &str = "UPDATE orders SET paid = paid + 1 WHERE invoice = 'A'";

impl Script {
    pub(crate) fn new<S: Into<String>>(statements: impl IntoIterator<Item = S>) -> Self {
        Self {
            statements: statements.into_iter().map(Into::into).collect(),
            ignores: false,
            fails: false,
        }
    }

    pub(crate) fn ignoring(self) -> Self {
        Self {
            ignores: true,
            ..self
        }
    }

    pub(crate) fn failing(self) -> Self {
        Self {
            fails: true,
            ..self
        }
    }

    pub(crate) fn name(&self) -> String {
        self.statements.join("; ")
    }
}

impl Handler<SqliteConnection> for Script {
    async fn handle(&self, _: &Payment, tx: &mut SqliteConnection) -> Result<(), Failure> {
        for statement in &self.statements {
            let ran = raw_sql(AssertSqlSafe(statement.clone()))
                .execute(&mut *tx)
                .await;
            if !self.ignores {
                ran?;
            }
        }
        if self.fails {
            return Err(Failure::retry("handler fails"));
        }
        Ok(())
    }
}

pub(crate) async fn run(pool: &SqlitePool, sql: impl Into<String>) {
    let sql = sql.into();
    if let Err(error) = raw_sql(AssertSqlSafe(sql.clone())).execute(pool).await {
        panic!("{sql}: {error}");
    }
}
