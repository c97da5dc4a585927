use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use cryptocloud_postback_inbox::{
    Attempt, Failure, Handler, InboxStore, Limits, Payment, Record, Settled, Settles,
};
use cryptocloud_postback_sqlx::{
    PostgresStore,
    sqlx::{self, AssertSqlSafe, PgConnection, PgPool, postgres::PgPoolOptions, raw_sql},
};
use throw_away_servers::{PostgresServer, Shared};

use crate::shared::{self, PROJECT, claimed, report};

/// A database of its own, migrated, with an order to pay.
pub(crate) struct Database {
    pub(crate) name: String,
    pub(crate) server: Arc<PostgresServer>,
    pub(crate) store: PostgresStore,
}

impl Database {
    /// `None` if PostgreSQL is not installed.
    pub(crate) async fn new() -> Option<Self> {
        Self::with(&[]).await
    }

    /// With settings of the database, such as `synchronous_commit = off`.
    pub(crate) async fn with(settings: &[&str]) -> Option<Self> {
        let database = Self::empty(settings).await?;
        database.create().await;
        Some(database)
    }

    pub(crate) async fn create(&self) {
        let migrated = self.store.migrate().await;
        migrated.unwrap_or_else(|error| panic!("{error:?}"));
        self.run("CREATE TABLE orders (invoice text PRIMARY KEY, paid integer NOT NULL)")
            .await;
        self.run("INSERT INTO orders VALUES ('A', 0), ('B', 0)")
            .await;
    }

    /// Without the inbox.
    pub(crate) async fn empty(settings: &[&str]) -> Option<Self> {
        static SERVER: Shared<PostgresServer> = Shared::new();
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = SERVER.get(PostgresServer::start)?;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let pool = PgPool::connect(&server.url()).await;
        let pool = pool.unwrap_or_else(|error| panic!("{error}"));
        run(&pool, format!("CREATE DATABASE {name}")).await;
        for setting in settings {
            run(&pool, format!("ALTER DATABASE {name} SET {setting}")).await;
        }
        pool.close().await;
        let store = PostgresStore::connect(&url(&server, "postgres", &name)).await;
        Some(Self {
            store: store.unwrap_or_else(|error| panic!("{error:?}")),
            name,
            server,
        })
    }

    /// A store with one connection, which only it uses.
    pub(crate) async fn store_of_one(&self, role: &str) -> PostgresStore {
        let one = PgPoolOptions::new().max_connections(1);
        let pool = one.connect(&self.url_of(role)).await;
        PostgresStore::new(pool.unwrap_or_else(|error| panic!("{error}")))
    }

    pub(crate) fn url_of(&self, role: &str) -> String {
        url(&self.server, role, &self.name)
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
            "UPDATE cryptocloud_inbox.report SET fence = {fence}"
        ))
        .await;
        payment
    }

    pub(crate) async fn settle<H: Handler<PgConnection>>(
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
    pub(crate) statements: Vec<String>,
    /// Whether it ignores errors of its statements.
    pub(crate) ignores: bool,
    /// Whether it fails in the end.
    pub(crate) fails: bool,
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
}

impl Handler<PgConnection> for Script {
    async fn handle(&self, _: &Payment, tx: &mut PgConnection) -> Result<(), Failure> {
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

pub(crate) async fn run(pool: &PgPool, sql: impl Into<String>) {
    let sql = sql.into();
    if let Err(error) = raw_sql(AssertSqlSafe(sql.clone())).execute(pool).await {
        panic!("{sql}: {error}");
    }
}

fn url(server: &PostgresServer, role: &str, database: &str) -> String {
    format!("postgres://{role}@127.0.0.1:{}/{database}", server.port())
}
