use cryptocloud_postback_inbox::{
    Attempt, Failure, Handler, InboxStore, Limits, Payment, Record, Settled, Settles,
};
use cryptocloud_postback_sqlx::sqlx::{self, AssertSqlSafe, raw_sql};

use super::{PROJECT, claimed, report};
use crate::{Connection, Fixture, Pool, REPORT};

impl Fixture {
    /// Creates the inbox, and two orders to pay.
    pub(crate) async fn create(&self) {
        let migrated = self.store.migrate().await;
        migrated.unwrap_or_else(|error| panic!("{error:?}"));
        self.run(
            "CREATE TABLE orders \
             (invoice text PRIMARY KEY, paid integer NOT NULL CHECK (paid < 9))",
        )
        .await;
        self.run("INSERT INTO orders VALUES ('A', 0), ('B', 0)")
            .await;
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
        let receipt = self.store.receive(&report("A", "1"), super::start()).await;
        let claim = claimed(receipt.unwrap_or_else(|error| panic!("{error:?}")));
        assert_eq!(claim.id.number(), 1);
        self.taken_over().await
    }

    /// The payment of a worker that took the first report over.
    pub(crate) async fn taken_over(&self) -> Payment {
        let payment = super::payment("A");
        let fence = payment.claim().fence;
        self.run(format!("UPDATE {REPORT} SET fence = {fence}"))
            .await;
        payment
    }

    pub(crate) async fn settle<H: Handler<Connection>>(
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

impl Handler<Connection> for Script {
    async fn handle(&self, _: &Payment, tx: &mut Connection) -> Result<(), Failure> {
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

pub(crate) async fn run(pool: &Pool, sql: impl Into<String>) {
    let sql = sql.into();
    if let Err(error) = raw_sql(AssertSqlSafe(sql.clone())).execute(pool).await {
        panic!("{sql}: {error}");
    }
}
