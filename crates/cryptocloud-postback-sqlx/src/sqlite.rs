//! SQLite 3.42 and newer: [`SqliteStore`], and what other drivers need to settle.

use std::{path::Path, sync::LazyLock, time::Duration};

use cryptocloud_postback_inbox::{Claim, Limits, StoreError};
use sqlx::{
    Sqlite, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::Instant;

use crate::{
    Dialect, Migration, SqlStore,
    connection::{DEADLINE, START_DEADLINE, retry_locked},
    dialect::{self, Calls, Param},
    error::{Cause, Fault, Phase},
    file::File,
    row::Row,
    statements::{Statements, Words},
};

/// The inbox in a SQLite file, in tables that begin with `cryptocloud_inbox_`, for one machine.
///
/// SQLite has one writer: while a handler runs, nothing else is written, also by other processes.
/// A handler may take 2 s, and should await nothing but the database. A stopped process (SIGSTOP)
/// inside a handler holds up all others.
pub type SqliteStore = SqlStore<Sqlite>;

/// The statements that begin the transaction of a claim.
pub const BEGIN: &str = "BEGIN IMMEDIATE; SAVEPOINT cryptocloud_inbox";

/// The statement before [`SETTLE`]. It fails if the handler has ended the transaction.
pub const BEFORE_SETTLE: &str = "RELEASE SAVEPOINT cryptocloud_inbox";

/// The statement that settles a claim: the last one before COMMIT. `$1` is the id of the report, `$2`
/// the fence, and `$3` whether to keep `invoice_info`.
///
/// It rolls the transaction back, with an error whose message begins with `CC002` if another worker
/// has taken over, and with `CC003` if the report is settled already.
pub const SETTLE: &str = "INSERT INTO main.cryptocloud_inbox_settle \
    (report_id, claim_fence, keep_invoice_info) VALUES ($1, $2, $3)";

/// The schema.
pub const MIGRATIONS: &[Migration] = &[Migration::new(1, include_str!("../sql/sqlite/1.sql"))];

impl SqlStore<Sqlite> {
    /// Opens a file, or creates it, with [`connect_options`](Self::connect_options). The schema is
    /// checked when the inbox starts.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the file cannot be opened, and `TimedOut` if another process has it locked for
    /// a minute.
    pub async fn connect(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let options = Self::connect_options(path);
        // To turn on write-ahead logging needs the file for itself, and SQLite does not wait for that.
        let pool = retry_locked(Instant::now() + START_DEADLINE, || async {
            let pool = SqlitePoolOptions::new()
                .max_connections(MAX_CONNECTIONS)
                .acquire_timeout(DEADLINE)
                .test_before_acquire(false)
                .connect_with(options.clone());
            pool.await
                .map_err(|error| Fault::new::<Sqlite>(error, Phase::Uncommitted))
        });
        Ok(Self::new(pool.await?))
    }

    /// The settings that a payment needs: `journal_mode=WAL`, `synchronous=FULL`, so that a commit
    /// survives a loss of power, and a `busy_timeout` of 3 s.
    pub fn connect_options(path: impl AsRef<Path>) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(3))
    }
}

impl Dialect for Sqlite {}

impl Calls for Sqlite {
    const BEGIN: &'static str = "BEGIN IMMEDIATE";
    const BEGIN_MIGRATION: &'static str = "BEGIN IMMEDIATE";
    const HANDLER_LIMIT: Option<Duration> = Some(Duration::from_secs(2));
    const ONE_WRITER: bool = true;
    const MIGRATIONS: &'static [Migration] = MIGRATIONS;
    const SETTLE: &'static str = SETTLE;
    const BEFORE_SETTLE: Option<&'static str> = Some(BEFORE_SETTLE);

    fn file(pool: &SqlitePool) -> File {
        File::new(pool.connect_options().get_filename())
    }

    fn statements() -> &'static Statements {
        static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| Statements::new(&WORDS));
        &STATEMENTS
    }

    fn begin(_: &Claim, _: &Limits) -> String {
        BEGIN.into()
    }

    /// <https://www.sqlite.org/rescode.html>
    fn cause(code: &str, message: &str) -> Cause {
        let code: u32 = code.parse().unwrap_or_default();
        // The low byte of an extended code is the primary one.
        match (code, code & 0xff) {
            (2067, _) => Cause::Race,
            (1811, _) if message.starts_with("CC002") => Cause::Stale,
            (1811, _) if message.starts_with("CC003") => Cause::SettledBefore,
            (_, 5 | 6) => Cause::TimedOut,
            (_, 8) => Cause::ReadOnly,
            (_, 10) => Cause::Gone,
            (_, 11 | 26) => Cause::Corrupt,
            (_, 13) => Cause::Full,
            (_, 1) if message.starts_with("no such savepoint") => Cause::NotInTransaction,
            (_, 1) if message.starts_with("no such table") => Cause::SchemaMissing,
            (_, 1) if message.starts_with("no such column") => Cause::SchemaTooOld,
            (_, 1) if message.contains(" has no column named ") => Cause::SchemaTooOld,
            _ => Cause::Other,
        }
    }

    async fn fetch(
        connection: &mut SqliteConnection,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> sqlx::Result<Vec<Row>> {
        dialect::fetch::<Self>(connection, sql, params).await
    }

    async fn run(connection: &mut SqliteConnection, sql: &'static str) -> sqlx::Result<()> {
        sqlx::raw_sql(sql).execute(connection).await.map(drop)
    }
}

const WORDS: Words = Words {
    decision: "main.cryptocloud_inbox_decision",
    reconciliation: "main.cryptocloud_inbox_reconciliation",
    report: "main.cryptocloud_inbox_report",
    version: "main.cryptocloud_inbox_version",
    now: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    statement_time: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    ms: "1",
    as_ms: ("", ""),
    among: ("IN (", ")"),
    limits: "(SELECT 1) AS limits",
    lock: "",
    skip_locked: "",
    // BEGIN IMMEDIATE has locked all.
    lock_identity: "SELECT $1",
    version_tables: "SELECT count(*) FROM main.sqlite_schema \
                     WHERE name = 'cryptocloud_inbox_version'",
    problems: "SELECT 'not durable: synchronous is below FULL' FROM pragma_synchronous \
               WHERE synchronous < 2 \
               UNION ALL SELECT 'not durable: journal_mode is ' || journal_mode \
               FROM pragma_journal_mode WHERE journal_mode IN ('memory', 'off') \
               UNION ALL SELECT 'read-only: query_only is on' FROM pragma_query_only \
               WHERE query_only > 0",
};

const MAX_CONNECTIONS: u32 = 4;
