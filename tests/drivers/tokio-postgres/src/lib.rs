//! A handler that pays an order in a transaction of tokio-postgres.
#![forbid(unsafe_code)]

use cryptocloud_postback::Expected;
use cryptocloud_postback_inbox::{Failure, Handler, Limits, Payment};
use cryptocloud_postback_sqlx::postgres;
use deadpool_postgres::{Manager, Pool};
use tokio_postgres::NoTls;

/// The shop's orders.
#[derive(Debug)]
pub struct Orders {
    pool: Pool,
}

impl Orders {
    /// Opens a pool. Connections are opened when they are needed.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL is wrong.
    pub async fn connect(url: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let manager = Manager::new(url.parse()?, NoTls);
        let pool = Pool::builder(manager).build()?;
        Ok(Self { pool })
    }
}

impl Handler<()> for Orders {
    async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
        let claim = payment.claim();
        let mut client = self.pool.get().await?;
        // Rolls back if it is dropped without a commit.
        let tx = client.transaction().await?;
        tx.batch_execute(&postgres::mark(claim, &Limits::default()))
            .await?;

        // The invoice is proven: find the order by it.
        let find = "SELECT id, amount, currency FROM orders WHERE invoice_id = $1";
        let order = tx
            .query_opt(find, &[&payment.invoice_id().as_str()])
            .await?;
        let order = order.ok_or_else(|| Failure::hold("no order has this invoice"))?;
        let (order, amount, currency): (&str, &str, &str) =
            (order.try_get(0)?, order.try_get(1)?, order.try_get(2)?);
        // All else is only reported: compare it.
        let expected = Expected::invoice(payment.invoice_id().clone())
            .order(order)
            .currency(currency.parse()?)
            .minimum_paid(amount.parse()?);
        payment.check(&expected)?;
        let pay = "UPDATE orders SET paid = TRUE WHERE id = $1";
        payment.expect_one(tx.execute(pay, &[&order]).await?)?;
        let send = "INSERT INTO outbox (order_id, message) VALUES ($1, 'paid')";
        tx.execute(send, &[&order]).await?;

        // The last statement.
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&claim.id.number(), &claim.fence.number(), &false];
        tx.execute(postgres::SETTLE, &params).await?;
        tx.commit().await?;
        Ok(())
    }
}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
