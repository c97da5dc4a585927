//! What the demo reads of the shop's orders, the fault that it puts into them, and what was paid.

use axum_shop::Shop;
use cryptocloud_postback_axum::{core::InvoiceStatus, testing::PostbackBuilder};
use cryptocloud_postback_mimic::{Invoice, Mimic};
use sqlx::SqlitePool;

use crate::vendor::COIN;

/// An order with an invoice.
#[derive(sqlx::FromRow)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) invoice_id: String,
    pub(crate) amount: String,
    pub(crate) is_paid: bool,
}

impl Order {
    pub(crate) async fn find(shop: &Shop, id: &str) -> sqlx::Result<Option<Self>> {
        let sql = "SELECT id, invoice_id, amount, paid_by IS NOT NULL AS is_paid FROM orders \
                   WHERE invoice_id IS NOT NULL AND id = $1";
        sqlx::query_as(sql)
            .bind(id)
            .fetch_optional(shop.store.pool())
            .await
    }
}

/// Keeps the status of an invoice, for [`restore`].
pub(crate) async fn remember(pool: &SqlitePool, invoice: &Invoice) -> sqlx::Result<()> {
    let sql = "INSERT INTO demo_invoices (invoice_id, status) VALUES ($1, $2) \
               ON CONFLICT (invoice_id) DO UPDATE SET status = excluded.status";
    let status = invoice["status"].as_str();
    let remember = sqlx::query(sql).bind(invoice.id()).bind(status);
    remember.execute(pool).await?;
    Ok(())
}

/// Lets the mimic know again the invoices of an earlier process, and what was paid of them.
pub(crate) async fn restore(shop: &Shop, mimic: &Mimic) -> sqlx::Result<()> {
    let sql = "SELECT id, invoice_id, amount, coalesce(status, iif(paid_by IS NULL, 'created', 'paid')) \
               FROM orders LEFT JOIN demo_invoices USING (invoice_id) WHERE invoice_id IS NOT NULL";
    let orders: Vec<(String, String, String, String)> =
        sqlx::query_as(sql).fetch_all(shop.store.pool()).await?;
    for (id, invoice_id, amount, status) in orders {
        let invoice = PostbackBuilder::new("").invoice_id(&invoice_id);
        let invoice = invoice.order_id(&id).amount(&amount).currency(COIN);
        if let Ok(status) = status.parse() {
            learn(mimic, &invoice, status);
        }
    }
    Ok(())
}

/// Adds the invoice of this postback, with this status; one that is known stays as it is.
pub(crate) fn learn(mimic: &Mimic, postback: &PostbackBuilder, status: InvoiceStatus) {
    let invoice = Invoice::unpaid(postback);
    let id = invoice.id().to_owned();
    let is_new = mimic.invoices(|known| {
        let is_new = known.iter().all(|known| known.id() != id);
        known.extend(is_new.then_some(invoice));
        is_new
    });
    if is_new {
        // An error says that the status is that of an unpaid invoice.
        let _ = mimic.pay(&id, status);
    }
}

/// Makes the handler fail at its first two attempts to pay an order by this invoice.
pub(crate) async fn fail_twice(shop: &Shop, invoice_id: &str) -> sqlx::Result<()> {
    let sql = "INSERT INTO demo_failing (invoice_id) VALUES ($1) ON CONFLICT DO NOTHING";
    sqlx::query(sql)
        .bind(invoice_id)
        .execute(shop.store.pool())
        .await?;
    Ok(())
}

/// A trigger fails as a constraint of the merchant's own tables does.
pub(crate) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS demo_failing (invoice_id TEXT PRIMARY KEY) STRICT;
    CREATE TABLE IF NOT EXISTS demo_invoices (
        invoice_id TEXT PRIMARY KEY, status TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER IF NOT EXISTS demo_fails BEFORE UPDATE OF paid_by ON orders
    WHEN EXISTS (SELECT * FROM demo_failing JOIN cryptocloud_inbox_report USING (invoice_id)
                 WHERE invoice_id = NEW.paid_by AND attempts < 3)
    BEGIN SELECT RAISE(ABORT, 'refused twice, as the button says'); END;";
