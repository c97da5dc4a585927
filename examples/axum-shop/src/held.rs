use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use cryptocloud_postback_axum::{
    core::Amount,
    inbox::{Decision, Refusal, ReportId, State as Stored, StoreError, StoreErrorKind},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Shop, error::Error};

/// `GET /held` lists what waits for an operator; `POST /held/{id}/accept`, `dismiss` and `retry` decide.
pub fn held(shop: Shop) -> Router {
    Router::new()
        .route("/held", get(list))
        .route("/held/{id}/accept", post(accept))
        .route("/held/{id}/dismiss", post(dismiss))
        .route("/held/{id}/retry", post(retry))
        .with_state(shop)
}

/// The oldest hundred of each state. Only the invoice is proven.
async fn list(State(shop): State<Shop>) -> Result<Json<Vec<Value>>, Error> {
    let mut records = shop.inbox.list(Stored::Held, None, 100).await?;
    records.extend(shop.inbox.list(Stored::Conflict, None, 100).await?);
    let held = records.iter().map(|record| {
        let reason = match (record.state, &record.hold) {
            (Stored::Held, Some(hold)) if hold.reason.is_empty() => hold.kind.as_str(),
            (Stored::Held, Some(hold)) => &*hold.reason,
            _ => "invoice was reported with other fields before",
        };
        json!({
            "id": record.id.number(),
            "state": record.state.as_str(),
            "reason": reason,
            "invoice_id": record.report.invoice_id(),
            "order_id": record.report.fields.order_id,
            "amount": record.report.fields.amount_crypto,
            "currency": record.report.fields.currency,
            "received_at": record.received_at.as_secs(),
        })
    });
    Ok(Json(held.collect()))
}

#[derive(Deserialize)]
struct Accept {
    /// What to credit. The order is paid if this is at least its price.
    amount: Amount,
    /// The order to pay, if it is not the one that has this invoice.
    order_id: Option<String>,
}

/// A worker pays the order at once.
async fn accept(
    State(shop): State<Shop>,
    Path(id): Path<i64>,
    Json(Accept { amount, order_id }): Json<Accept>,
) -> Result<(), Error> {
    let report_id = ReportId::from_number(id);
    let record = shop.inbox.get(report_id).await?;
    let record = record.ok_or(StoreError::from(StoreErrorKind::NotFound))?;
    if !matches!(record.state, Stored::Held | Stored::Conflict) {
        return Err(StoreError::from(Refusal::State).into());
    }
    // The name alone does nothing: the handler reads it once the inbox has accepted the payment.
    let sql = "INSERT INTO named (report_id, order_id) SELECT $1, $2 WHERE $2 IS NULL \
               OR EXISTS (SELECT * FROM orders WHERE id = $2 AND paid_by IS NULL) \
               ON CONFLICT (report_id) DO UPDATE SET order_id = excluded.order_id";
    let named = sqlx::query(sql).bind(id).bind(order_id);
    if named.execute(&shop.pool).await?.rows_affected() == 0 {
        let text = "no unpaid order has this id";
        return Err(Error::Refused(StatusCode::CONFLICT, text));
    }
    Ok(shop.inbox.accept(report_id, amount, &operator()).await?)
}

#[derive(Deserialize)]
struct Dismiss {
    note: String,
}

async fn dismiss(
    State(shop): State<Shop>,
    Path(id): Path<i64>,
    Json(dismiss): Json<Dismiss>,
) -> Result<(), Error> {
    let id = ReportId::from_number(id);
    let decision = operator().note(dismiss.note);
    Ok(shop.inbox.discard(id, &decision).await?)
}

async fn retry(State(shop): State<Shop>, Path(id): Path<i64>) -> Result<(), Error> {
    let id = ReportId::from_number(id);
    Ok(shop.inbox.retry(id, &operator()).await?)
}

/// Take the name from your login: the inbox stores who decided what.
fn operator() -> Decision {
    Decision::by("operator")
}
