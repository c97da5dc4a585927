use std::{fmt, path::Path, sync::Arc, time::Duration};

use cryptocloud_postback_inbox::{Report, StoreError};
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{batch::Batch, statements::TEXTS, store};
use crate::{
    Entry, SettingWarning, TableName,
    error::Failure,
    statements::Statements,
    writer::{Limits, Writer},
};

/// Claims in a SQLite database, for one machine.
///
/// Claims and completions that arrive together share one commit, and each is answered after it.
/// A clone costs a few `Arc`s.
#[derive(Clone)]
pub struct SqliteStore {
    pub(super) pool: SqlitePool,
    pub(super) statements: Arc<Statements>,
    pub(super) writer: Writer<Batch>,
}

impl SqliteStore {
    /// On a pool of the merchant's, best with [`connect_options`](Self::connect_options).
    ///
    /// It does nothing yet: call [`migrate`](Self::migrate), or
    /// [`check_settings`](Self::check_settings) where your own migrations make the table.
    #[must_use]
    pub fn new(pool: SqlitePool) -> Self {
        Self::with_table(pool, &TableName::default())
    }

    /// The same with another table.
    #[must_use]
    pub fn with_table(pool: SqlitePool, table: &TableName) -> Self {
        let statements = Arc::new(Statements::new(&TEXTS, table));
        let batch = Batch::new(pool.clone(), Arc::clone(&statements));
        let writer = Writer::new(batch, limits(MAX_BATCH));
        Self {
            pool,
            statements,
            writer,
        }
    }

    /// Opens or makes a file of its own, and migrates it.
    ///
    /// It keeps one connection, as SQLite has one writer: claims wait for each other in line and not
    /// for a lock.
    /// Whoever does not get it within 4 s fails, before the inbox's default limit.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(store::ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .connect_lazy_with(Self::connect_options(path));
        let store = Self::new(pool);
        store.migrate().await?;
        Ok(store)
    }

    /// The settings that a payment needs: `journal_mode=WAL`, `synchronous=FULL`, so that a commit
    /// survives a loss of power, and a `busy_timeout` of 5 s.
    pub fn connect_options(path: impl AsRef<Path>) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
    }

    /// How many claims and completions may share one commit: 64, unless this is called.
    ///
    /// With 1 each has a commit of its own.
    #[must_use]
    pub fn max_batch(mut self, count: usize) -> Self {
        self.writer = self.writer.with_limits(limits(count));
        self
    }

    /// The pool, for the merchant's own tables in the same file.
    #[must_use]
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Makes the table where it is missing, then [checks the settings](Self::check_settings).
    ///
    /// It can run twice, and in several processes at once.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let made: Result<(), Failure> = async {
            let mut transaction = store::begin(&self.pool).await?;
            sqlx::raw_sql(self.statements.schema.text())
                .execute(&mut *transaction)
                .await?;
            Ok(transaction.commit().await?)
        }
        .await;
        made?;
        self.check_settings().await?;
        Ok(())
    }

    /// Logs a warning for each setting with which a commit may not survive a crash, and returns them.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn check_settings(&self) -> Result<Vec<SettingWarning>, StoreError> {
        let read = async {
            let mut connection = self.pool.acquire().await?;
            let (synchronous,): (i64,) = sqlx::query_as("PRAGMA synchronous")
                .fetch_one(&mut *connection)
                .await?;
            let (journal_mode,): (String,) = sqlx::query_as("PRAGMA journal_mode")
                .fetch_one(&mut *connection)
                .await?;
            Ok::<_, Failure>((synchronous, journal_mode))
        };
        let (synchronous, journal_mode) = read.await?;
        // The numbers of OFF and NORMAL. In WAL mode NORMAL does not flush a commit.
        let synchronous =
            SettingWarning::check("synchronous", synchronous.to_string(), &["0", "1"]);
        let journal_mode = SettingWarning::check("journal_mode", journal_mode, &["memory", "off"]);
        Ok([synchronous, journal_mode].into_iter().flatten().collect())
    }

    /// Begins a transaction to claim in, also for a caller who may be dropped at any await, as a
    /// handler is when the sender hangs up.
    ///
    /// With the write lock from the start: one who reads first and writes later can be refused at once.
    /// Prefer it to the pool's own `begin`: sqlx 0.9.0 gives a PostgreSQL connection back in an open
    /// transaction where the caller is dropped while BEGIN is on its way.
    ///
    /// # Errors
    ///
    /// Those of the database.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(store::begin(&self.pool).await?)
    }

    /// Claims a payment in the merchant's own transaction, so that the claim and what the merchant
    /// writes commit together: this is the way without any gap, and needs no lease.
    ///
    /// Begin it with [`begin`](Self::begin), since a transaction that has read before it writes can be
    /// refused at once.
    /// **Commit whatever it finds**: a conflicting report is kept in the same transaction.
    ///
    /// # Errors
    ///
    /// Those of the database. Roll back then.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::Verified;
    /// use cryptocloud_postback_inbox::{Inbox, InboxError, Outcome, StoreError, StoreErrorKind};
    /// use cryptocloud_postback_sqlx::{SqliteStore, sqlx};
    ///
    /// async fn pay(
    ///     inbox: &Inbox,
    ///     store: &SqliteStore,
    ///     postback: &Verified,
    /// ) -> Result<Outcome<()>, InboxError<sqlx::Error>> {
    ///     let failed = InboxError::Handler;
    ///     let report = inbox.report(postback);
    ///     let mut transaction = store.begin().await?;
    ///     let entry = store.claim_in(&mut transaction, &report).await?;
    ///     if entry.is_first() {
    ///         sqlx::query("UPDATE orders SET paid = TRUE WHERE id = $1")
    ///             .bind(report.order_id())
    ///             .execute(&mut *transaction)
    ///             .await
    ///             .map_err(failed)?;
    ///     }
    ///     transaction.commit().await.map_err(failed)?;
    ///     entry.outcome()
    /// }
    /// ```
    pub async fn claim_in(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        report: &Report,
    ) -> Result<Entry, StoreError> {
        store::claim_in(transaction, &self.statements, report).await
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

/// SQLite has one lock for writing.
fn limits(batch: usize) -> Limits {
    Limits { batch, slots: 1 }
}

/// So that the first of them does not wait long for the last.
const MAX_BATCH: usize = 64;
