use std::{collections::BTreeMap, time::Duration};

use cryptocloud_postback_inbox::{Failure, Handler, Payment};
use cryptocloud_postback_sqlx::sqlx::{
    self, AssertSqlSafe, PgConnection, PgPool, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::time;

/// The handlers' effects, one row for each run. No constraint hides a second effect.
#[derive(Clone, Debug)]
pub enum Ledger {
    /// A table in the database of the inbox.
    Postgres(PgPool),
    /// A table in a SQLite file, which is the file of the inbox if that is in SQLite.
    Sqlite(SqlitePool),
}

/// One effect of a handler.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "only the tests read it")]
pub struct Effect {
    /// The receiver that made it.
    pub process: String,
    /// The payment's idempotency key.
    pub key: String,
}

impl Ledger {
    /// Opens a ledger, which connects when it is first used.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL is invalid.
    pub fn open(url: &str) -> sqlx::Result<Self> {
        let Some(path) = url.strip_prefix("sqlite:") else {
            return Ok(Self::Postgres(PgPool::connect_lazy(url)?));
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // It must survive a killed process, but not a crash of the machine.
            .synchronous(SqliteSynchronous::Off)
            .busy_timeout(Duration::from_secs(60));
        Ok(Self::Sqlite(SqlitePool::connect_lazy_with(options)))
    }

    /// Creates the table.
    ///
    /// # Errors
    ///
    /// Returns an error if the statement fails.
    pub async fn create(&self) -> sqlx::Result<()> {
        let id = match self {
            Self::Postgres(_) => "bigserial",
            Self::Sqlite(_) => "INTEGER PRIMARY KEY",
        };
        self.run(&format!(
            "CREATE TABLE effects \
             (id {id}, invoice text NOT NULL, process text NOT NULL, key text NOT NULL)"
        ))
        .await
    }

    /// Runs a statement of the test.
    ///
    /// # Errors
    ///
    /// Returns an error if the statement fails.
    pub async fn run(&self, sql: &str) -> sqlx::Result<()> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Postgres(pool) => query.execute(pool).await.map(drop),
            Self::Sqlite(pool) => query.execute(pool).await.map(drop),
        }
    }

    /// The effects of each invoice, in order.
    ///
    /// # Errors
    ///
    /// Returns an error if the statement fails.
    pub async fn effects(&self) -> sqlx::Result<BTreeMap<String, Vec<Effect>>> {
        let rows: Vec<(String, String, String)> = match self {
            Self::Postgres(pool) => sqlx::query_as(SELECT).fetch_all(pool).await?,
            Self::Sqlite(pool) => sqlx::query_as(SELECT).fetch_all(pool).await?,
        };
        let mut effects: BTreeMap<String, Vec<Effect>> = BTreeMap::new();
        for (invoice, process, key) in rows {
            let effect = Effect { process, key };
            effects.entry(invoice).or_default().push(effect);
        }
        Ok(effects)
    }
}

/// The handler of a receiver: it writes one row into the ledger.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "only the receiver builds it")]
pub struct Till {
    /// How many attempts at each payment fail, after their effect.
    pub fails: u32,
    /// Where effects go if the store has no transaction to share.
    pub ledger: Option<SqlitePool>,
    /// The receiver's name.
    pub name: String,
    /// How long it takes after the effect.
    pub work: Duration,
}

impl Till {
    async fn finish(&self, payment: &Payment) -> Result<(), Failure> {
        if !self.work.is_zero() {
            // It stands for work of this length.
            time::sleep(self.work).await;
        }
        if payment.attempt() <= self.fails {
            return Err(Failure::retry("attempt fails"));
        }
        Ok(())
    }
}

/// The same for every type of connection.
macro_rules! credit {
    ($till:expr, $payment:expr, $executor:expr) => {{
        sqlx::query(INSERT)
            .bind($payment.invoice_id().as_str())
            .bind(&*$till.name)
            .bind($payment.idempotency_key())
            .execute($executor)
            .await?;
        $till.finish($payment).await
    }};
}

impl Handler<PgConnection> for Till {
    async fn handle(&self, payment: &Payment, tx: &mut PgConnection) -> Result<(), Failure> {
        credit!(self, payment, tx)
    }
}

impl Handler<SqliteConnection> for Till {
    async fn handle(&self, payment: &Payment, tx: &mut SqliteConnection) -> Result<(), Failure> {
        credit!(self, payment, tx)
    }
}

impl Handler<()> for Till {
    async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
        let Some(ledger) = &self.ledger else {
            return Err(Failure::hold("the receiver has no ledger"));
        };
        credit!(self, payment, ledger)
    }
}

const INSERT: &str = "INSERT INTO effects (invoice, process, key) VALUES ($1, $2, $3)";
const SELECT: &str = "SELECT invoice, process, key FROM effects ORDER BY id";
