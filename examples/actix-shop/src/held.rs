use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, Data, Json, Path},
};
use cryptocloud_postback_actix_web::{
    core::Amount,
    inbox::{Accepted, Decision, ReportId, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Shop, error::Error};

/// `GET /held` lists what waits for an operator; `POST /held/{id}/accept`, `dismiss` and `retry` decide.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/held", web::get().to(list))
        .route("/held/{id}/accept", web::post().to(accept))
        .route("/held/{id}/dismiss", web::post().to(dismiss))
        .route("/held/{id}/retry", web::post().to(retry));
}

/// The oldest hundred of each state. Only the invoice is proven.
async fn list(shop: Data<Shop>) -> Result<Json<Vec<Value>>, Error> {
    let mut records = shop.inbox.list(State::Held, None, 100).await?;
    records.extend(shop.inbox.list(State::Conflict, None, 100).await?);
    let held = records.iter().map(|record| {
        let reason = match (record.state, &record.hold) {
            (State::Held, Some(hold)) if hold.reason.is_empty() => hold.kind.as_str(),
            (State::Held, Some(hold)) => &*hold.reason,
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
    shop: Data<Shop>,
    id: Path<i64>,
    Json(Accept { amount, order_id }): Json<Accept>,
) -> Result<HttpResponse, Error> {
    let id = ReportId::from_number(*id);
    let mut accepted = Accepted::new(amount);
    if let Some(order_id) = order_id {
        accepted = accepted.order(&*order_id).map_err(|_| NO_ORDER)?;
        // The handler looks again, in the transaction that pays the order.
        let sql = "SELECT count(*) FROM orders WHERE id = $1 AND paid_by IS NULL";
        let unpaid = sqlx::query_scalar(sql).bind(order_id);
        let unpaid: i64 = unpaid.fetch_one(&shop.pool).await?;
        if unpaid == 0 {
            return Err(NO_ORDER);
        }
    }
    shop.inbox.accept(id, &accepted, &operator()).await?;
    Ok(HttpResponse::Ok().finish())
}

#[derive(Deserialize)]
struct Dismiss {
    note: String,
}

async fn dismiss(
    shop: Data<Shop>,
    id: Path<i64>,
    Json(Dismiss { note }): Json<Dismiss>,
) -> Result<HttpResponse, Error> {
    let id = ReportId::from_number(*id);
    shop.inbox.discard(id, &operator().note(note)).await?;
    Ok(HttpResponse::Ok().finish())
}

async fn retry(shop: Data<Shop>, id: Path<i64>) -> Result<HttpResponse, Error> {
    let id = ReportId::from_number(*id);
    shop.inbox.retry(id, &operator()).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Take the name from your login: the inbox stores who decided what.
fn operator() -> Decision {
    Decision::by("operator")
}

const NO_ORDER: Error = Error::Refused(StatusCode::CONFLICT, "no unpaid order has this id");
