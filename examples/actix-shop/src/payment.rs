use cryptocloud_postback_actix_web::{
    core::{Currency, Expected},
    inbox::{Accepted, Failure, Handler, Payment},
};
use shop::Order;
use sqlx::PgConnection;

/// Marks the order of a payment as paid, and queues an e-mail.
///
/// The order is the one that has the proven invoice.
/// An order without an invoice is found by its id, which the vendor states if the shop has an API KEY.
/// **Without the key the id is only reported, and no token signs it**: a customer can pay an invoice of
/// their own, and name that order and its price in the body.
#[derive(Clone, Copy, Debug)]
pub struct PayOrder;

impl Handler<PgConnection> for PayOrder {
    async fn handle(&self, payment: &Payment, tx: &mut PgConnection) -> Result<(), Failure> {
        let paid_by = payment.invoice_id().as_str();
        // The order that an operator named, or that has this invoice, or that the payment names.
        let sql = "SELECT * FROM orders WHERE id = COALESCE($1, \
                   (SELECT id FROM orders WHERE invoice_id = $2), \
                   (SELECT id FROM orders WHERE invoice_id IS NULL AND id = $3)) FOR UPDATE";
        let order = sqlx::query_as(sql)
            .bind(payment.accepted().and_then(Accepted::order_id))
            .bind(paid_by)
            .bind(payment.order_id());
        let order: Option<Order> = order.fetch_optional(&mut *tx).await?;
        let order = order.ok_or_else(|| {
            Failure::hold("no order has this invoice, or has this id and no invoice")
        })?;
        if let Some(invoice) = &order.paid_by {
            let reason = format!("order {} was paid already, by invoice {invoice}", order.id);
            return Err(Failure::hold(reason));
        }
        let (id, price) = (&*order.id, order.amount.parse()?);
        let expected = Expected::invoice(payment.invoice_id().clone()).order(id);
        payment.check(&match order.currency.parse()? {
            // Whatever coin the customer chose, the invoice has this price.
            _ if order.currency == "USD" => expected.usd(price),
            Currency::Other(_) => expected.fiat(price, order.currency),
            coin => expected.currency(coin).minimum_paid(price),
        })?;

        let sql = "UPDATE orders SET paid_by = $1, \
                   paid_at = to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') \
                   WHERE id = $2 AND paid_by IS NULL";
        let paid = sqlx::query(sql).bind(paid_by).bind(id);
        payment.expect_one(paid.execute(&mut *tx).await?.rows_affected())?;

        // An e-mail that is sent here would be sent again if the commit failed.
        let sql = "INSERT INTO outbox (order_id, subject) VALUES ($1, 'Your order is paid')";
        sqlx::query(sql).bind(id).execute(tx).await?;
        Ok(())
    }
}
