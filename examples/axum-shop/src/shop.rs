use std::path::Path;

use cryptocloud_postback_inbox::Inbox;
use cryptocloud_postback_sqlx::{SqliteStore, sqlx};

use crate::{
    Error, NewOrder, Order, UnsettledPayment,
    changes::Changes,
    order::{OrderRow, is_order_id},
    payment::UnsettledRow,
};

/// The orders and what was paid, in one SQLite file, also for several processes at once.
///
/// A clone costs a few `Arc`s.
#[derive(Clone, Debug)]
pub struct Shop {
    pub(crate) changes: Changes,
    pub(crate) inbox: Inbox,
    pub(crate) keeps_refused: bool,
    pub(crate) store: SqliteStore,
}

impl Shop {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn open(file: impl AsRef<Path>) -> Result<Self, Box<dyn std::error::Error>> {
        let store = SqliteStore::open(file).await?;
        let mut transaction = store.begin().await?;
        sqlx::raw_sql(include_str!("../sql/schema.sql"))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let inbox = Inbox::new("shop", store.clone())?;
        Ok(Self {
            changes: Changes::new(),
            inbox,
            keeps_refused: false,
            store,
        })
    }

    /// Whether the log of [deliveries](Self::deliveries) holds refused ones too, which anybody can send.
    #[must_use]
    pub fn keep_refused(mut self, keeps_refused: bool) -> Self {
        self.keeps_refused = keeps_refused;
        self
    }

    /// Ends the streams of events, which would hold a server up that waits for its last answer.
    pub fn end_events(&self) {
        self.changes.end();
    }

    /// Where reports that conflict with their invoice's first one wait for a person.
    #[must_use]
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Creates an order.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`], and [`Error::Inbox`] where the database fails.
    pub async fn create(&self, order: &NewOrder) -> Result<Order, Error> {
        // Not `fetch_optional`, which returns the row even where its commit fails.
        let rows: Vec<OrderRow> = sqlx::query_as(
            "INSERT INTO orders (id, amount, currency) \
             VALUES (coalesce($1, lower(hex(randomblob(16)))), $2, $3) \
             ON CONFLICT DO NOTHING \
             RETURNING id, amount, currency, created_at, paid_by, paid_at, paid_format",
        )
        .bind(order.id.as_deref())
        .bind(order.amount.to_string())
        .bind(order.currency.as_str())
        .fetch_all(self.store.pool())
        .await?;
        let row = rows.into_iter().next().ok_or(Error::Exists)?;
        self.changes.tell();
        row.try_into()
    }

    /// Finds an order.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`], and [`Error::Inbox`] where the database fails.
    pub async fn find(&self, id: &str) -> Result<Order, Error> {
        if !is_order_id(id) {
            return Err(Error::Unknown);
        }
        let row: Option<OrderRow> = sqlx::query_as(
            "SELECT id, amount, currency, created_at, paid_by, paid_at, paid_format \
             FROM orders WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(self.store.pool())
        .await?;
        row.ok_or(Error::Unknown)?.try_into()
    }

    /// The newest hundred orders.
    ///
    /// # Errors
    ///
    /// [`Error::Inbox`] where the database fails.
    pub async fn orders(&self) -> Result<Vec<Order>, Error> {
        let rows: Vec<OrderRow> = sqlx::query_as(
            "SELECT id, amount, currency, created_at, paid_by, paid_at, paid_format \
             FROM orders ORDER BY number DESC LIMIT 100",
        )
        .fetch_all(self.store.pool())
        .await?;
        rows.into_iter().map(Order::try_from).collect()
    }

    /// The newest hundred payments that a person has to look at.
    ///
    /// # Errors
    ///
    /// [`Error::Inbox`] where the database fails.
    pub async fn unsettled(&self) -> Result<Vec<UnsettledPayment>, Error> {
        let rows: Vec<UnsettledRow> = sqlx::query_as(
            "SELECT invoice_id, order_id, amount, currency, reason, received_at \
             FROM unsettled_payments ORDER BY number DESC LIMIT 100",
        )
        .fetch_all(self.store.pool())
        .await?;
        Ok(rows.into_iter().map(UnsettledPayment::from).collect())
    }
}
