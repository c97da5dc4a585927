use std::time::Duration;

use cryptocloud_postback_inbox::{Claim, Limits};
use sqlx::{
    ColumnIndex, Decode, Encode, Executor, IntoArguments, Pool, Row as _, Type, TypeInfo, ValueRef,
};

use crate::{
    Migration,
    error::Cause,
    file::File,
    row::{Cell, Row},
    statements::Statements,
};

/// A database that can keep an inbox: `sqlx::Postgres` or `sqlx::Sqlite`.
///
/// The trait is sealed.
#[expect(private_bounds, reason = "the trait is sealed")]
pub trait Dialect: sqlx::Database + Calls {}

/// All that the two databases do differently, besides `Words`.
pub(crate) trait Calls: sqlx::Database {
    /// Begins a transaction of the inbox's own.
    const BEGIN: &'static str;
    /// Begins a migration, and waits for another one to end, but not for long.
    const BEGIN_MIGRATION: &'static str;
    /// The longest that a handler may take.
    const HANDLER_LIMIT: Option<Duration>;
    /// Whether writes of this process wait for each other here and not in the database.
    const ONE_WRITER: bool;
    /// The schema.
    const MIGRATIONS: &'static [Migration];
    /// What ends the merchant's transaction, before COMMIT.
    const SETTLE: &'static str;
    /// What [`SETTLE`](Self::SETTLE) needs to be run first, if anything.
    const BEFORE_SETTLE: Option<&'static str>;

    /// The file that the database is in, if this process writes to it.
    fn file(pool: &Pool<Self>) -> File;

    /// All statements.
    fn statements() -> &'static Statements;

    /// Begins the merchant's transaction, with limits, the claim's mark and the savepoint
    /// [`SAVEPOINT`].
    fn begin(claim: &Claim, limits: &Limits) -> String;

    /// What an error of the database means.
    fn cause(code: &str, message: &str) -> Cause;

    /// Runs one statement to its end.
    fn fetch(
        connection: &mut Self::Connection,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> impl Future<Output = sqlx::Result<Vec<Row>>> + Send;

    /// Runs statements without parameters.
    fn run(
        connection: &mut Self::Connection,
        sql: &'static str,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;
}

/// A parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Param<'a> {
    Bytes(Option<&'a [u8]>),
    Int(Option<i64>),
    Text(Option<&'a str>),
}

impl Param<'_> {
    /// Milliseconds, at most a hundred years, so that databases can add them to a time.
    pub(crate) fn millis(duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(CENTURY);
        millis.min(CENTURY).into()
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<Option<&'a str>> for Param<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Param<'_> {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<u32> for Param<'_> {
    fn from(number: u32) -> Self {
        Self::Int(Some(number.into()))
    }
}

/// Runs one statement to its end, since after its first row SQLite has not committed yet.
pub(crate) async fn fetch<'p, DB>(
    connection: &mut DB::Connection,
    sql: &'static str,
    params: &[Param<'p>],
) -> sqlx::Result<Vec<Row>>
where
    DB: sqlx::Database,
    DB::Arguments: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'q> Option<&'q [u8]>: Encode<'q, DB> + Type<DB>,
    for<'q> Option<&'q str>: Encode<'q, DB> + Type<DB>,
    for<'q> Option<i64>: Encode<'q, DB> + Type<DB>,
    for<'r> i64: Decode<'r, DB> + Type<DB>,
    for<'r> String: Decode<'r, DB> + Type<DB>,
    for<'r> Vec<u8>: Decode<'r, DB> + Type<DB>,
    usize: ColumnIndex<DB::Row>,
{
    let mut query = sqlx::query::<DB>(sql);
    for param in params {
        query = match *param {
            Param::Bytes(bytes) => query.bind(bytes),
            Param::Int(number) => query.bind(number),
            Param::Text(text) => query.bind(text),
        };
    }
    let rows = query.fetch_all(connection).await?;
    let cell = |row: &DB::Row, column: usize| {
        let value = row.try_get_raw(column)?;
        if value.is_null() {
            return Ok(Cell::Null);
        }
        Ok(match value.type_info().name() {
            "BLOB" | "BYTEA" => Cell::Bytes(row.try_get(column)?),
            "TEXT" => Cell::Text(row.try_get(column)?),
            _ => Cell::Int(row.try_get(column)?),
        })
    };
    rows.iter()
        .map(|row| (0..row.len()).map(|column| cell(row, column)).collect())
        .collect()
}

/// A savepoint at the start of the merchant's transaction. It is gone if the handler ended the
/// transaction, also if a later statement has failed, when nothing else can be asked.
pub(crate) const ROLL_BACK_TO_SAVEPOINT: &str = "ROLLBACK TO SAVEPOINT cryptocloud_inbox";

const CENTURY: i64 = 100 * 365 * 86_400 * 1_000;
