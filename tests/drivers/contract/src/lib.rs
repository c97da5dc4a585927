//! What the handler of every driver must do, as tests that run on the driver's database.
#![forbid(unsafe_code)]

#[cfg(feature = "postgres")]
mod postgres;
mod shop;
#[cfg(feature = "sqlite")]
mod sqlite;
mod tests;

use std::error::Error;

use cryptocloud_postback_inbox::Settles;

#[cfg(feature = "postgres")]
pub use postgres::PostgresShop;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteShop;
pub use tests::*;

/// A database with the inbox and the shop's tables: `orders (id, invoice_id, amount, currency, paid)` and
/// `outbox (order_id, message)`.
pub trait Shop: Sized + Send + Sync {
    /// Stores reports for handlers with transactions of their own.
    type Store: Settles<Tx = ()>;

    /// The statement that replaces settle with one that does nothing, as if the handler had
    /// forgotten it.
    const FORGET_SETTLE: &str;
    /// The table of reports.
    const REPORTS: &str;

    /// Creates a database. Returns `None` if its program is not installed.
    fn create() -> impl Future<Output = TestResult<Option<Self>>> + Send;

    /// The URL or path.
    fn url(&self) -> &str;

    /// The inbox in this database.
    fn store(&self) -> Self::Store;

    /// Runs statements.
    fn run(&self, sql: impl Into<String> + Send) -> impl Future<Output = TestResult> + Send;

    /// The number that a query returns.
    fn number(&self, sql: &'static str) -> impl Future<Output = TestResult<i64>> + Send;
}

/// A database that locks tables.
pub trait LockOutbox: Shop {
    /// Locks the outbox until the returned value is dropped.
    fn lock_outbox(&self) -> impl Future<Output = TestResult<impl Sized + Send>> + Send;
}

/// A result of a test.
pub type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Defines a test for each function in this crate, or of those that are named.
///
/// The second argument is an `async fn` that creates the handler from the database's URL or path.
#[macro_export]
macro_rules! tests {
    ($shop:ty, $connect:expr) => {
        $crate::tests!($shop, $connect,
            order_is_paid_once,
            payment_without_order_is_held,
            underpaid_payment_is_held_and_accepted,
            failed_handler_is_rolled_back_and_retried,
            forgotten_settle_is_held,
            late_worker_cannot_commit);
    };
    ($shop:ty, $connect:expr, $($test:ident),+) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() -> $crate::TestResult {
                $crate::$test::<$shop, _>(async |url: &str| Ok($connect(url).await?)).await
            }
        )+
    };
}

/// The tables of the shop, with two orders to pay.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
const TABLES: &str = "\
    CREATE TABLE orders (id text PRIMARY KEY, invoice_id text UNIQUE, amount text NOT NULL, \
    currency text NOT NULL, paid boolean NOT NULL); \
    CREATE TABLE outbox (order_id text NOT NULL, message text NOT NULL); \
    INSERT INTO orders VALUES ('ORDER_1', 'ILRAJE1Q', '10.5', 'USDT_TRC20', FALSE), \
    ('ORDER_2', 'ILRAJE2Q', '10.5', 'USDT_TRC20', FALSE)";
