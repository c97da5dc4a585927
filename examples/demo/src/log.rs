//! The deliveries in the database.

use cryptocloud_postback_axum::core::{self, Verified};
use cryptocloud_postback_sqlx::sqlx;

use crate::{Delivery, Error, Payment, Shop, routes::in_time};

impl Shop {
    /// The newest hundred deliveries.
    ///
    /// # Errors
    ///
    /// [`Error::Inbox`] where the database fails.
    pub async fn deliveries(&self) -> Result<Vec<Delivery>, Error> {
        // A refused one names its order only through the invoice that the simulator has made for it.
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT number, received_at, outcome, status, answer, reason, stopped_at, \
             d.format, d.invoice_id, coalesce(d.order_id, s.order_id), amount, currency \
             FROM deliveries d LEFT JOIN simulated_invoices s ON s.invoice_id = d.invoice_id \
             AND d.outcome = 'refused' ORDER BY number DESC LIMIT 100",
        )
        .fetch_all(self.store.pool())
        .await?;
        Ok(rows.into_iter().map(Delivery::from).collect())
    }

    /// Keeps what became of a genuine postback.
    ///
    /// The payment is done by then, so a failure here changes no answer.
    pub(crate) async fn record(&self, postback: &Verified, payment: &Result<Payment, Error>) {
        if let Some(delivery) = Delivery::verified(postback, payment) {
            self.keep(delivery).await;
        }
    }

    /// Keeps why a request was refused, where the shop is there to be tried: strangers write nothing
    /// into the file of a real one.
    pub(crate) async fn record_refused(&self, error: &core::Error) {
        if self.keeps_refused {
            self.keep(Delivery::refused(error)).await;
        }
    }

    async fn keep(&self, delivery: Delivery) {
        match in_time(self.insert(delivery)).await {
            Ok(()) => self.changes.tell(),
            Err(error) => tracing::warn!("delivery is not in the log: {error}"),
        }
    }

    /// Forgets the hundred and first, too.
    async fn insert(&self, delivery: Delivery) -> Result<(), Error> {
        let mut transaction = self.store.begin().await?;
        sqlx::query(
            "INSERT INTO deliveries (outcome, status, answer, reason, stopped_at, format, \
             invoice_id, order_id, amount, currency, token_digest) \
             SELECT $1, $2, $3, \
             CASE WHEN $1 <> 'duplicate' THEN $4 \
             WHEN EXISTS (SELECT 1 FROM deliveries WHERE token_digest = $11) \
             THEN 'invoice was processed before: the same token again' \
             ELSE 'invoice was processed before: a new token for it' END, \
             $5, $6, $7, $8, $9, $10, $11",
        )
        .bind(delivery.outcome)
        .bind(delivery.status)
        .bind(delivery.answer)
        .bind(delivery.reason)
        .bind(delivery.stopped_at)
        .bind(delivery.format)
        .bind(delivery.invoice_id)
        .bind(delivery.order_id)
        .bind(delivery.amount)
        .bind(delivery.currency)
        .bind(delivery.token_digest)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM deliveries WHERE number <= last_insert_rowid() - 100")
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }
}

/// The columns in the order of the fields.
type Row = (
    i64,
    String,
    String,
    u16,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

impl From<Row> for Delivery {
    fn from(row: Row) -> Self {
        Self {
            number: row.0,
            received_at: row.1,
            outcome: row.2,
            status: row.3,
            answer: row.4,
            reason: row.5,
            stopped_at: row.6,
            format: row.7,
            invoice_id: row.8,
            order_id: row.9,
            amount: row.10,
            currency: row.11,
            token_digest: None,
        }
    }
}
