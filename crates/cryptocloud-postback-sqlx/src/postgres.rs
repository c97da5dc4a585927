//! PostgreSQL 13 and newer: [`PostgresStore`], and what other drivers need to settle.

use std::{sync::LazyLock, time::Duration};

use cryptocloud_postback_inbox::{Claim, Limits, StoreError};
use sqlx::{
    PgConnection, PgPool, Postgres,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    Dialect, Migration, SqlStore,
    connection::DEADLINE,
    dialect::{self, Calls, Param},
    error::{Cause, Fault, Phase},
    file::File,
    row::Row,
    statements::{Statements, Words},
};

/// What every transaction sets first, whatever the server's defaults are.
macro_rules! settings {
    ($limits:literal) => {
        concat!(
            "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; ",
            "SELECT set_config('synchronous_commit', 'on', true) ",
            "WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write'); ",
            $limits
        )
    };
}

/// The inbox in a PostgreSQL database, in the schema `cryptocloud_inbox`.
pub type PostgresStore = SqlStore<Postgres>;

/// The statement that settles a claim: the last one before COMMIT. `$1` is the id of the report, `$2`
/// the fence, and `$3` whether to keep `invoice_info`.
///
/// It fails with SQLSTATE [`TRANSACTION_ENDED`], [`STALE`] or [`SETTLED_BEFORE`], and with `25P02` if
/// the error of an earlier statement was ignored. Do not commit then.
pub const SETTLE: &str = "SELECT cryptocloud_inbox.settle($1::bigint, $2::bigint, $3::boolean)";

/// SQLSTATE: the transaction was not begun by [`begin`] or [`mark`](mark()), or has been committed or rolled back since.
pub const TRANSACTION_ENDED: &str = "CC001";

/// SQLSTATE: another worker has taken over. Nothing is left to do.
pub const STALE: &str = "CC002";

/// SQLSTATE: the report is settled already.
pub const SETTLED_BEFORE: &str = "CC003";

/// The schema.
pub const MIGRATIONS: &[Migration] = &[Migration::new(1, include_str!("../sql/postgres/1.sql"))];

/// The statements that begin the transaction of a claim, for one round trip as a simple query.
///
/// They set READ COMMITTED, `synchronous_commit` to at least `on`, the limits, and the mark of the
/// claim that [`SETTLE`] looks for.
///
/// # Examples
///
/// A handler with tokio-postgres:
///
/// ```no_run
/// # mod tokio_postgres {
/// #     pub struct Client;
/// #     pub type Error = std::io::Error;
/// #     impl Client {
/// #         pub async fn batch_execute(&self, _: &str) -> Result<(), Error> { Ok(()) }
/// #         pub async fn execute(&self, _: &str, _: &[&(dyn std::any::Any + Sync)]) -> Result<u64, Error> { Ok(1) }
/// #     }
/// # }
/// use cryptocloud_postback_inbox::{Failure, Limits, Payment};
/// use cryptocloud_postback_sqlx::postgres;
///
/// async fn pay(client: &tokio_postgres::Client, payment: &Payment) -> Result<(), Failure> {
///     let claim = payment.claim();
///     client.batch_execute(&postgres::begin(claim, &Limits::default())).await?;
///     let invoice = payment.invoice_id().as_str().to_owned();
///     let rows = client
///         .execute("UPDATE orders SET paid = TRUE WHERE invoice_id = $1", &[&invoice])
///         .await?;
///     payment.expect_one(rows)?;
///     client
///         .execute(postgres::SETTLE, &[&claim.id.number(), &claim.fence.number(), &false])
///         .await?;
///     client.batch_execute("COMMIT").await?;
///     Ok(())
/// }
/// ```
///
/// Roll back, or close the connection, if any step fails.
#[must_use]
pub fn begin(claim: &Claim, limits: &Limits) -> String {
    format!(
        "BEGIN; {}; SAVEPOINT cryptocloud_inbox",
        mark(claim, limits)
    )
}

/// The statements that mark a transaction which the driver has begun, for one round trip as a simple
/// query. They must be the first ones in it.
///
/// It is [`begin`] for drivers that begin transactions by a method of their own, and so roll back by
/// themselves if the handler fails or is dropped.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::InvoiceId;
/// use cryptocloud_postback_inbox::{Limits, Payment};
/// use cryptocloud_postback_sqlx::postgres;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let payment = Payment::builder(InvoiceId::parse("ILRAJE1Q")?).build();
/// let mark = postgres::mark(payment.claim(), &Limits::default());
/// assert!(mark.starts_with("SET TRANSACTION ISOLATION LEVEL READ COMMITTED; "));
/// assert!(mark.contains(&format!("cryptocloud.claim = '{}'", payment.claim())));
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn mark(claim: &Claim, limits: &Limits) -> String {
    format!(
        settings!(
            "SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}; \
             SET LOCAL idle_in_transaction_session_timeout = {}; \
             SET LOCAL cryptocloud.claim = '{}'"
        ),
        millis(limits.statement),
        millis(limits.lock),
        millis(limits.idle_in_transaction),
        // Digits and a colon only.
        claim,
    )
}

impl SqlStore<Postgres> {
    /// Opens a pool of ten connections. The schema is checked when the inbox starts.
    ///
    /// The URL's `sslmode=verify-full` needs the feature `tls-rustls`.
    ///
    /// # Errors
    ///
    /// `Unavailable` or `TimedOut` if the server cannot be reached, or if the URL is wrong.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let fault = |error| Fault::new::<Postgres>(error, Phase::Uncommitted);
        let options: PgConnectOptions = url.parse().map_err(fault)?;
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(DEADLINE)
            // PgBouncer knows no such parameter.
            .connect_with(options.extra_float_digits(None))
            .await
            .map_err(fault)?;
        Ok(Self::new(pool))
    }
}

impl Dialect for Postgres {}

impl Calls for Postgres {
    const BEGIN: &'static str = concat!(
        "BEGIN; ",
        settings!(
            "SET LOCAL statement_timeout = '4s'; SET LOCAL lock_timeout = '2s'; \
             SET LOCAL idle_in_transaction_session_timeout = '10s'"
        )
    );
    // The number is the first eight bytes of the crate's name.
    const BEGIN_MIGRATION: &'static str = concat!(
        "BEGIN; ",
        settings!(
            "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '200ms'; \
             SELECT pg_advisory_xact_lock(7165923480996635500)"
        )
    );
    const HANDLER_LIMIT: Option<Duration> = None;
    const ONE_WRITER: bool = false;
    const MIGRATIONS: &'static [Migration] = MIGRATIONS;
    const SETTLE: &'static str = "SELECT 1::bigint FROM cryptocloud_inbox.settle($1, $2, $3 > 0)";
    const BEFORE_SETTLE: Option<&'static str> = None;

    fn file(_: &PgPool) -> File {
        File::default()
    }

    fn statements() -> &'static Statements {
        static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| Statements::new(&WORDS));
        &STATEMENTS
    }

    fn begin(claim: &Claim, limits: &Limits) -> String {
        begin(claim, limits)
    }

    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    fn cause(code: &str, _: &str) -> Cause {
        match code {
            "25006" => Cause::ReadOnly,
            "25P01" | "3B001" | TRANSACTION_ENDED => Cause::NotInTransaction,
            "25P02" => Cause::Aborted,
            "23505" | "40001" | "40P01" => Cause::Race,
            "25P03" | "25P04" => Cause::Gone,
            "3F000" | "42883" | "42P01" => Cause::SchemaMissing,
            "42703" => Cause::SchemaTooOld,
            "53100" => Cause::Full,
            "55P03" | "57014" => Cause::TimedOut,
            SETTLED_BEFORE => Cause::SettledBefore,
            STALE => Cause::Stale,
            "XX001" | "XX002" => Cause::Corrupt,
            _ if code.starts_with("08") || code.starts_with("57P") => Cause::Gone,
            _ => Cause::Other,
        }
    }

    async fn fetch(
        connection: &mut PgConnection,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> sqlx::Result<Vec<Row>> {
        dialect::fetch::<Self>(connection, sql, params).await
    }

    async fn run(connection: &mut PgConnection, sql: &'static str) -> sqlx::Result<()> {
        sqlx::raw_sql(sql).execute(connection).await.map(drop)
    }
}

/// A setting of 0 would be no limit at all.
fn millis(limit: Duration) -> u128 {
    limit.as_millis().clamp(1, i32::MAX.unsigned_abs().into())
}

const WORDS: Words = Words {
    decision: "cryptocloud_inbox.decision",
    reconciliation: "cryptocloud_inbox.reconciliation",
    report: "cryptocloud_inbox.report",
    version: "cryptocloud_inbox.version",
    now: "clock_timestamp()",
    statement_time: "statement_timestamp()",
    ms: "interval '1 millisecond'",
    as_ms: ("CAST(extract(epoch FROM ", ") * 1000 AS bigint)"),
    among: ("= ANY (ARRAY(", "))"),
    limits: "(SELECT set_config('lock_timeout', '2s', true), \
             set_config('synchronous_commit', CASE current_setting('synchronous_commit') \
             WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)) AS limits",
    lock: " FOR UPDATE OF report",
    skip_locked: " FOR UPDATE OF report SKIP LOCKED",
    lock_identity: "SELECT 1::bigint FROM pg_advisory_xact_lock($1)",
    version_tables: "SELECT count(*) FROM pg_catalog.pg_tables \
                     WHERE schemaname = 'cryptocloud_inbox' AND tablename = 'version'",
    problems: "SELECT problem FROM (VALUES \
               ('not durable: fsync is off', current_setting('fsync') <> 'on'), \
               ('read-only: the server is a standby, or default_transaction_read_only is on', \
               current_setting('transaction_read_only') = 'on'), \
               ('the role may not write to cryptocloud_inbox.report', NOT has_table_privilege(\
               'cryptocloud_inbox.report', 'SELECT') OR NOT has_table_privilege(\
               'cryptocloud_inbox.report', 'INSERT') OR NOT has_table_privilege(\
               'cryptocloud_inbox.report', 'UPDATE'))) AS checks (problem, holds) WHERE holds",
};

const MAX_CONNECTIONS: u32 = 10;
