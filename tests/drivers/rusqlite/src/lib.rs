//! A handler that pays an order in a transaction of rusqlite.
#![forbid(unsafe_code)]

use std::{path::PathBuf, time::Duration};

use cryptocloud_postback::Expected;
use cryptocloud_postback_inbox::{Failure, Handler, Payment};
use cryptocloud_postback_sqlx::sqlite;
use rusqlite::{Connection, OptionalExtension, params};

/// The shop's orders.
#[derive(Debug)]
pub struct Orders {
    path: PathBuf,
}

impl Orders {
    /// Checks that the file can be opened.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be opened.
    pub async fn connect(path: impl Into<PathBuf>) -> rusqlite::Result<Self> {
        let path = path.into();
        open(&path)?;
        Ok(Self { path })
    }
}

impl Handler<()> for Orders {
    async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
        let path = self.path.clone();
        let payment = payment.clone();
        tokio::task::spawn_blocking(move || pay(&payment, &open(&path)?)).await?
    }
}

/// The connection is closed after an error, and so the transaction is rolled back.
fn pay(payment: &Payment, tx: &Connection) -> Result<(), Failure> {
    tx.execute_batch(sqlite::BEGIN)?;

    // The invoice is proven: find the order by it.
    let find = "SELECT id, amount, currency FROM orders WHERE invoice_id = ?1";
    let order: Option<(String, String, String)> = tx
        .query_row(find, [payment.invoice_id().as_str()], |row| row.try_into())
        .optional()?;
    let (order, amount, currency) =
        order.ok_or_else(|| Failure::hold("no order has this invoice"))?;
    // All else is only reported: compare it.
    let expected = Expected::invoice(payment.invoice_id().clone())
        .order(order.as_str())
        .currency(currency.parse()?)
        .minimum_paid(amount.parse()?);
    payment.check(&expected)?;
    let paid = tx.execute("UPDATE orders SET paid = TRUE WHERE id = ?1", [&order])?;
    payment.expect_one(u64::try_from(paid)?)?;
    let send = "INSERT INTO outbox (order_id, message) VALUES (?1, 'paid')";
    tx.execute(send, [&order])?;

    // The last statements.
    let claim = payment.claim();
    tx.execute_batch(sqlite::BEFORE_SETTLE)?;
    let settle = params![claim.id.number(), claim.fence.number(), false];
    tx.execute(sqlite::SETTLE, settle)?;
    tx.execute_batch("COMMIT")?;
    Ok(())
}

fn open(path: &PathBuf) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(3))?;
    // A commit must survive a loss of power.
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}
