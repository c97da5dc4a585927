//! What the demo reads of the shop's orders, the fault that it puts into them, and what was paid.

use axum_shop::Shop;
use cryptocloud_postback_cli::{Mimic, Status};
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

/// Keeps what the customer has paid of an invoice, for [`restore`].
pub(crate) async fn remember(
    pool: &SqlitePool,
    invoice_id: &str,
    is_whole: bool,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO demo_paid (invoice_id, is_whole) VALUES ($1, $2) \
               ON CONFLICT (invoice_id) DO UPDATE SET is_whole = max(is_whole, excluded.is_whole)";
    let remember = sqlx::query(sql).bind(invoice_id).bind(is_whole);
    remember.execute(pool).await?;
    Ok(())
}

/// Lets the mimic know again the invoices of an earlier process, and what was paid of them.
pub(crate) async fn restore(shop: &Shop, mimic: &Mimic) -> sqlx::Result<()> {
    let sql = "SELECT id, invoice_id, amount, paid_by IS NOT NULL, is_whole \
               FROM orders LEFT JOIN demo_paid USING (invoice_id) WHERE invoice_id IS NOT NULL";
    let orders: Vec<(String, String, String, bool, Option<bool>)> =
        sqlx::query_as(sql).fetch_all(shop.store.pool()).await?;
    for (id, invoice_id, amount, is_paid, is_whole) in orders {
        let status = match is_whole {
            Some(true) => Status::Paid,
            Some(false) => Status::Partial,
            // At the page of the invoice.
            None if is_paid => Status::Paid,
            None => Status::Created,
        };
        if let Ok(amount) = amount.parse() {
            mimic.learn(&invoice_id, Some(&id), amount, COIN, status);
        }
    }
    Ok(())
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
    CREATE TABLE IF NOT EXISTS demo_paid (
        invoice_id TEXT PRIMARY KEY, is_whole INTEGER NOT NULL
    ) STRICT;
    CREATE TRIGGER IF NOT EXISTS demo_fails BEFORE UPDATE OF paid_by ON orders
    WHEN EXISTS (SELECT * FROM demo_failing JOIN cryptocloud_inbox_report USING (invoice_id)
                 WHERE invoice_id = NEW.paid_by AND attempts < 3)
    BEGIN SELECT RAISE(ABORT, 'refused twice, as the button says'); END;";
