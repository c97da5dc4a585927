use std::{collections::BTreeMap, time::Duration};

use cryptocloud_postback_sqlx::sqlx::{
    self, PgPool, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

/// The handlers' effects, one row for each. No constraint hides a second effect.
#[derive(Clone, Debug)]
pub enum Ledger {
    /// A table in a PostgreSQL database.
    Postgres(PgPool),
    /// A table in a SQLite file.
    Sqlite(SqlitePool),
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
        match self {
            Self::Postgres(pool) => sqlx::query(POSTGRES).execute(pool).await.map(|_| ()),
            Self::Sqlite(pool) => sqlx::query(SQLITE).execute(pool).await.map(|_| ()),
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// Returns an error if the statement fails.
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

    /// The processes that made the effects of each invoice, in order.
    ///
    /// # Errors
    ///
    /// Returns an error if the statement fails.
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

/// Adds a row within a transaction. Parameters: the invoice and the name of the receiver.
pub const INSERT: &str = "INSERT INTO effects (invoice, process) VALUES ($1, $2)";
const POSTGRES: &str =
    "CREATE TABLE effects (id bigserial, invoice text NOT NULL, process text NOT NULL)";
const SELECT: &str = "SELECT invoice, process FROM effects ORDER BY id";
const SQLITE: &str =
    "CREATE TABLE effects (id INTEGER PRIMARY KEY, invoice TEXT NOT NULL, process TEXT NOT NULL)";
