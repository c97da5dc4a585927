//! The one transaction of a payment.

use cryptocloud_postback_axum::core::Verified;
use cryptocloud_postback_inbox::InboxError;
use cryptocloud_postback_sqlx::{
    Entry,
    sqlx::{self, SqliteConnection},
};

use crate::{Error, Order, Payment, Shop, order::OrderRow, payment};

impl Shop {
    /// Pays the order that the postback names, once, or keeps the payment for a person.
    ///
    /// Claim, order and what is kept are one commit.
    /// A caller who is dropped on the way has done nothing or all of it, and the resend tells which.
    ///
    /// # Errors
    ///
    /// [`Error::Inbox`] where the report conflicts with the first one of its invoice, or the database
    /// fails.
    pub async fn pay(&self, postback: &Verified) -> Result<Payment, Error> {
        let report = self.inbox.report(postback);
        let mut transaction = self.store.begin().await?;
        let entry = self.store.claim_in(&mut transaction, &report).await?;
        let payment = match entry {
            Entry::First => Ok(settle(&mut transaction, postback).await?),
            Entry::Done => Ok(Payment::Duplicate),
            Entry::Conflict => Err(InboxError::Conflict),
            Entry::InFlight { retry_after } => Err(InboxError::InFlight { retry_after }),
        };
        // Whatever it is: a conflicting report is kept in this transaction too.
        transaction.commit().await?;
        self.changes.tell();
        let (invoice_id, order_id) = (report.key().invoice_id(), report.order_id());
        match &payment {
            Ok(Payment::Duplicate) | Err(InboxError::InFlight { .. }) => {}
            Ok(Payment::Paid) => tracing::info!(?invoice_id, ?order_id, "paid"),
            Ok(Payment::Unsettled(reason)) => {
                tracing::warn!(?invoice_id, ?order_id, "payment needs a person: {reason}");
            }
            Err(error) => tracing::error!(?invoice_id, ?order_id, "report is kept: {error}"),
        }
        Ok(payment?)
    }
}

async fn settle(connection: &mut SqliteConnection, postback: &Verified) -> Result<Payment, Error> {
    let reported = postback.reported();
    let (invoice_id, order_id) = (postback.invoice_id().as_str(), reported.order_id.as_deref());
    let rows: Vec<OrderRow> = sqlx::query_as(
        "SELECT id, amount, currency, created_at, paid_by, paid_at, paid_format \
         FROM orders WHERE id = $1 OR paid_by = $2",
    )
    .bind(order_id)
    .bind(invoice_id)
    .fetch_all(&mut *connection)
    .await?;
    let orders = rows
        .into_iter()
        .map(Order::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let reason = match payment::judge(&orders, postback) {
        // Its claim was purged.
        Ok(order) if order.paid_by.is_some() => return Ok(Payment::Duplicate),
        Ok(order) => {
            sqlx::query(
                "UPDATE orders SET paid_by = $1, paid_format = $2, \
                 paid_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = $3",
            )
            .bind(invoice_id)
            .bind(reported.format().to_string())
            .bind(&order.id)
            .execute(connection)
            .await?;
            return Ok(Payment::Paid);
        }
        Err(reason) => reason,
    };
    sqlx::query(
        "INSERT INTO unsettled_payments (invoice_id, order_id, amount, currency, reason) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(invoice_id)
    .bind(order_id)
    .bind(reported.amount_crypto.to_string())
    .bind(reported.currency.as_str())
    .bind(reason.to_string())
    .execute(connection)
    .await?;
    Ok(Payment::Unsettled(reason))
}
