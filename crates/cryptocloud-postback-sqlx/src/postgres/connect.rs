use std::{fmt, sync::Arc};

use cryptocloud_postback_inbox::{Report, StoreError};
use sqlx::{
    PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{batch::Batch, statements::TEXTS, store};
use crate::{
    Entry, SettingWarning, TableName,
    error::Failure,
    statements::Statements,
    writer::{Limits, Writer},
};

/// Claims in a PostgreSQL database, for any number of processes.
///
/// Up to eight claims and completions are written at once, each with its own statement.
/// Those that arrive meanwhile share the next one, and each is answered after its commit.
/// A clone costs a few `Arc`s.
#[derive(Clone)]
pub struct PostgresStore {
    pub(super) pool: PgPool,
    pub(super) statements: Arc<Statements>,
    pub(super) writer: Writer<Batch>,
}

impl PostgresStore {
    /// On a pool of the merchant's.
    ///
    /// It does nothing yet: call [`migrate`](Self::migrate), or
    /// [`check_settings`](Self::check_settings) where your own migrations make the table.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self::with_table(pool, &TableName::default())
    }

    /// The same with another table.
    #[must_use]
    pub fn with_table(pool: PgPool, table: &TableName) -> Self {
        let statements = Arc::new(Statements::new(&TEXTS, table));
        let batch = Batch::new(pool.clone(), Arc::clone(&statements), table);
        let writer = Writer::new(batch, limits(&pool, MAX_BATCH));
        Self {
            pool,
            statements,
            writer,
        }
    }

    /// Connects with a pool of its own, and migrates.
    ///
    /// The pool does not ask the server before each claim whether it is there: a connection that broke
    /// meanwhile fails one claim, whose sender is told to try again.
    /// Whoever gets none of its ten connections within 4 s fails too, before the inbox's default limit.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn connect(options: PgConnectOptions) -> Result<Self, StoreError> {
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(store::ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .connect_lazy_with(options);
        let store = Self::new(pool);
        store.migrate().await?;
        Ok(store)
    }

    /// How many claims, or completions, may share one statement: 64, unless this is called.
    ///
    /// With 1 each has a statement of its own.
    /// On two busy cores with ten connections, sharing made a claim and its completion about twice as
    /// fast with 32 in flight and three times with 64, and changed nothing with eight or fewer.
    #[must_use]
    pub fn max_batch(mut self, count: usize) -> Self {
        self.writer = self.writer.with_limits(limits(&self.pool, count));
        self
    }

    /// The pool, for the merchant's own tables in the same database.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
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
            // It says of each thing that exists already that it does.
            sqlx::query("SET LOCAL client_min_messages = warning")
                .execute(&mut *transaction)
                .await?;
            // IF NOT EXISTS alone fails where two processes find nothing at the same time.
            sqlx::query("SELECT pg_advisory_xact_lock($1)")
                .bind(MIGRATION_LOCK)
                .execute(&mut *transaction)
                .await?;
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
        let mut warnings = Vec::new();
        for name in ["fsync", "full_page_writes", "synchronous_commit"] {
            let (value,): (String,) = sqlx::query_as("SELECT current_setting($1)")
                .bind(name)
                .fetch_one(&self.pool)
                .await
                .map_err(Failure::from)?;
            warnings.extend(SettingWarning::check(name, value, &["off"]));
        }
        Ok(warnings)
    }

    /// Begins a transaction to claim in, also for a caller who may be dropped at any await, as a
    /// handler is when the sender hangs up.
    ///
    /// Under `READ COMMITTED`, whatever the server's default is.
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
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(store::begin(&self.pool).await?)
    }

    /// Claims a payment in the merchant's own transaction, so that the claim and what the merchant
    /// writes commit together: this is the way without any gap, and needs no lease.
    ///
    /// Where another transaction has claimed the same invoice, it waits for the end of that one; under
    /// `REPEATABLE READ` and above it may fail instead.
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
    /// use cryptocloud_postback_sqlx::{PostgresStore, sqlx};
    ///
    /// async fn pay(
    ///     inbox: &Inbox,
    ///     store: &PostgresStore,
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
        transaction: &mut Transaction<'_, Postgres>,
        report: &Report,
    ) -> Result<Entry, StoreError> {
        store::claim_in(transaction, &self.statements, report).await
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

fn limits(pool: &PgPool, batch: usize) -> Limits {
    // Whoever would have to wait for a connection can as well be written with others.
    let connections = usize::try_from(pool.options().get_max_connections()).unwrap_or(MAX_SLOTS);
    let slots = match batch {
        // Nothing would be gained by waiting.
        0 | 1 => connections,
        _ => connections.min(MAX_SLOTS),
    };
    Limits { batch, slots }
}

/// So that the first of them does not wait long for the last.
const MAX_BATCH: usize = 64;
const MAX_CONNECTIONS: u32 = 10;
/// With fewer, eight in flight are slower than each alone; with more, thirty-two gain less.
const MAX_SLOTS: usize = 8;
/// A number that nobody else is likely to lock: the first bytes of this crate's name.
const MIGRATION_LOCK: i64 = 0x6372_7970_746f_636c;
