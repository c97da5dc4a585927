use std::time::Duration;

use cryptocloud_postback_inbox::Inbox;
use cryptocloud_postback_sqlx::{
    PostgresStore,
    sqlx::{
        self,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};

use crate::{
    Error, NewOrder, Order, UnsettledPayment,
    order::{OrderRow, is_order_id},
    payment::UnsettledRow,
};

/// The orders and what was paid, in one PostgreSQL database, also for several processes at once.
///
/// A clone costs three `Arc`s.
#[derive(Clone, Debug)]
pub struct Shop {
    pub(crate) inbox: Inbox,
    pub(crate) store: PostgresStore,
}

impl Shop {
    /// Connects, and makes the tables where they are missing.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn connect(options: PgConnectOptions) -> Result<Self, Box<dyn std::error::Error>> {
        let pool = PgPoolOptions::new().acquire_timeout(LIMIT);
        let store = PostgresStore::new(pool.connect_lazy_with(options));
        store.migrate().await?;
        let mut transaction = store.begin().await?;
        sqlx::raw_sql(include_str!("../sql/schema.sql"))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let inbox = Inbox::new("shop", store.clone())?;
        Ok(Self { inbox, store })
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
        let row: Option<OrderRow> = sqlx::query_as(
            "INSERT INTO orders (id, amount, currency) \
             VALUES (coalesce($1, replace(gen_random_uuid()::text, '-', '')), $2, $3) \
             ON CONFLICT DO NOTHING RETURNING id, amount, currency, paid_by",
        )
        .bind(order.id.as_deref())
        .bind(order.amount.to_string())
        .bind(order.currency.as_str())
        .fetch_optional(self.store.pool())
        .await?;
        row.ok_or(Error::Exists)?.try_into()
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
        let row: Option<OrderRow> =
            sqlx::query_as("SELECT id, amount, currency, paid_by FROM orders WHERE id = $1")
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
            "SELECT id, amount, currency, paid_by FROM orders ORDER BY number DESC LIMIT 100",
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

/// How long a request waits for a connection.
const LIMIT: Duration = Duration::from_secs(5);
