use std::{collections::BTreeMap, time::Duration};

use cryptocloud_postback_sqlx::sqlx::{
    self, PgPool, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

/// Where effects go: one row each, and nothing that would refuse a second one.
#[derive(Clone, Debug)]
pub enum Ledger {
    /// A table in a PostgreSQL database.
    Postgres(PgPool),
    /// A table in a SQLite file.
    Sqlite(SqlitePool),
}

impl Ledger {
    /// Connects when it is first used.
    ///
    /// # Errors
    ///
    /// For an address that is none.
    pub fn open(url: &str) -> sqlx::Result<Self> {
        let Some(path) = url.strip_prefix("sqlite:") else {
            return Ok(Self::Postgres(PgPool::connect_lazy(url)?));
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // It has to survive processes and not the machine.
            .synchronous(SqliteSynchronous::Off)
            .busy_timeout(Duration::from_secs(60));
        Ok(Self::Sqlite(SqlitePool::connect_lazy_with(options)))
    }

    /// Makes the table.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn create(&self) -> sqlx::Result<()> {
        match self {
            Self::Postgres(pool) => sqlx::query(POSTGRES).execute(pool).await.map(|_| ()),
            Self::Sqlite(pool) => sqlx::query(SQLITE).execute(pool).await.map(|_| ()),
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn append(&self, invoice: &str, process: &str) -> sqlx::Result<()> {
        macro_rules! insert {
            ($pool:expr) => {
                sqlx::query(INSERT)
                    .bind(invoice)
                    .bind(process)
                    .execute($pool)
                    .await
                    .map(|_| ())
            };
        }
        match self {
            Self::Postgres(pool) => insert!(pool),
            Self::Sqlite(pool) => insert!(pool),
        }
    }

    /// Who made the effects of each invoice, in their order.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn effects(&self) -> sqlx::Result<BTreeMap<String, Vec<String>>> {
        let rows: Vec<(String, String)> = match self {
            Self::Postgres(pool) => sqlx::query_as(SELECT).fetch_all(pool).await?,
            Self::Sqlite(pool) => sqlx::query_as(SELECT).fetch_all(pool).await?,
        };
        let mut effects: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (invoice, process) in rows {
            effects.entry(invoice).or_default().push(process);
        }
        Ok(effects)
    }
}

/// Adds a row within a transaction: the invoice and the receiver's name.
pub const INSERT: &str = "INSERT INTO effects (invoice, process) VALUES ($1, $2)";
const POSTGRES: &str =
    "CREATE TABLE effects (id bigserial, invoice text NOT NULL, process text NOT NULL)";
const SELECT: &str = "SELECT invoice, process FROM effects ORDER BY id";
const SQLITE: &str =
    "CREATE TABLE effects (id INTEGER PRIMARY KEY, invoice TEXT NOT NULL, process TEXT NOT NULL)";
