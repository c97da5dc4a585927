use std::time::Duration;

use cryptocloud_postback_axum::core::{Format, UnixTime};
use cryptocloud_postback_sqlx::sqlx;

use super::Kind;
use crate::{Error, Order, Shop};

/// What the simulator signs. From the same one it makes the same bytes.
#[derive(Debug)]
pub(super) struct Invoice {
    pub(super) id: String,
    pub(super) expires_at: UnixTime,
    pub(super) format: Format,
}

impl Shop {
    /// What to send for an order, in this format where it is new.
    pub(super) async fn simulated_invoice(
        &self,
        order: &Order,
        kind: Kind,
        format: Format,
    ) -> Result<Invoice, Error> {
        let (id, last) = self.own_invoice(order).await?;
        let expires_at = UnixTime::now()?.saturating_add(LIFETIME);
        let (expires_at, format) = match (kind, last) {
            (Kind::Duplicate, Some(last)) => last,
            (Kind::ForgedAmount | Kind::ForgedToken, _) => (expires_at, format),
            (Kind::Duplicate | Kind::Payment | Kind::Resend, _) => {
                (self.new_token(order, expires_at, format).await?, format)
            }
        };
        let id = match kind {
            // Known with a forged amount, an open order's own invoice could pay it no more.
            Kind::ForgedAmount if order.paid_by.is_none() => self.other_invoice().await?,
            _ => id,
        };
        Ok(Invoice {
            id,
            expires_at,
            format,
        })
    }

    /// The one invoice of an order, made at the first call, with the time and format of what was
    /// sent for it last.
    async fn own_invoice(
        &self,
        order: &Order,
    ) -> Result<(String, Option<(UnixTime, Format)>), Error> {
        let rows: Vec<(String, Option<i64>, bool)> = sqlx::query_as(
            "INSERT INTO simulated_invoices (order_id, invoice_id) \
             VALUES ($1, coalesce($2, hex(randomblob(4)))) ON CONFLICT (order_id) \
             DO UPDATE SET invoice_id = coalesce($2, invoice_id) \
             RETURNING invoice_id, expires_at, is_form",
        )
        .bind(&order.id)
        .bind(&order.paid_by)
        .fetch_all(self.store.pool())
        .await?;
        let (id, time, is_form) = rows.into_iter().next().ok_or(sqlx::Error::RowNotFound)?;
        let format = if is_form { Format::Form } else { Format::Json };
        Ok((id, time.map(|time| (from_row(time), format))))
    }

    /// A token is a second later than the last one, as far as a verifier lets it be, since those of
    /// the same second are the same.
    async fn new_token(
        &self,
        order: &Order,
        expires_at: UnixTime,
        format: Format,
    ) -> Result<UnixTime, Error> {
        let rows: Vec<(i64,)> = sqlx::query_as(
            "UPDATE simulated_invoices SET is_form = $3, \
             expires_at = max($2, min(coalesce(expires_at, 0) + 1, $2 + 60)) \
             WHERE order_id = $1 RETURNING expires_at",
        )
        .bind(&order.id)
        .bind(i64::try_from(expires_at.as_secs()).unwrap_or(i64::MAX))
        .bind(format == Format::Form)
        .fetch_all(self.store.pool())
        .await?;
        let (time,) = rows.into_iter().next().ok_or(sqlx::Error::RowNotFound)?;
        Ok(from_row(time))
    }

    /// Of another payment for the same order.
    async fn other_invoice(&self) -> Result<String, Error> {
        let (id,) = sqlx::query_as("SELECT hex(randomblob(4))")
            .fetch_one(self.store.pool())
            .await?;
        Ok(id)
    }
}

fn from_row(time: i64) -> UnixTime {
    UnixTime::from_secs(time.unsigned_abs())
}

/// With 60 s more for tokens that follow each other fast it is the vendor's 5 minutes.
const LIFETIME: Duration = Duration::from_secs(240);
