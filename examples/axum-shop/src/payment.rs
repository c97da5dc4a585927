use cryptocloud_postback_axum::{
    core::Expected,
    inbox::{Failure, Handler, Payment},
};
use sqlx::SqliteConnection;

use crate::orders::Order;

/// Marks the order of a payment as paid, and queues an e-mail.
///
/// **An order without an invoice id is found by the reported order id, which no token signs**: a
/// customer can pay an invoice of their own and name that order and its price in the body.
/// Store the invoice id that the vendor's API returns, and only its payment can pay the order.
#[derive(Clone, Copy, Debug)]
pub struct PayOrder;

impl Handler<SqliteConnection> for PayOrder {
    async fn handle(&self, payment: &Payment, tx: &mut SqliteConnection) -> Result<(), Failure> {
        let paid_by = payment.invoice_id();
        let order: Option<Order> = sqlx::query_as(
            "SELECT * FROM orders WHERE invoice_id = $1 OR id = $2 \
             ORDER BY invoice_id IS $1 DESC LIMIT 1",
        )
        .bind(paid_by.as_str())
        .bind(payment.order_id())
        .fetch_optional(&mut *tx)
        .await?;
        let order = order.ok_or_else(|| Failure::hold("no order has this invoice or this id"))?;

        let expected = match &order.invoice_id {
            Some(invoice_id) => Expected::invoice(invoice_id.parse()?).order(&*order.id),
            None => Expected::unproven_order(&*order.id),
        };
        let expected = expected.currency(order.currency.parse()?);
        payment.check(&expected.minimum_paid(order.amount.parse()?))?;

        // The invoice is the order's from now on: a payment of another one is held.
        let sql = "UPDATE orders SET invoice_id = $1, paid_by = $1, \
                   paid_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') \
                   WHERE id = $2 AND paid_by IS NULL";
        let paid = sqlx::query(sql).bind(paid_by.as_str()).bind(&order.id);
        payment.expect_one(paid.execute(&mut *tx).await?.rows_affected())?;

        // An e-mail that is sent here would be sent again if the commit failed.
        let sql = "INSERT INTO outbox (order_id, subject) VALUES ($1, 'Your order is paid')";
        sqlx::query(sql).bind(&order.id).execute(tx).await?;
        Ok(())
    }
}
