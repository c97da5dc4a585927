use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, Data, Json, Path},
};
use cryptocloud_postback_actix_web::core::{Amount, Currency, InvoiceId};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::error::Error;

/// `POST /orders`, `GET /orders`, and `GET /orders/{id}`, which shows the invoice that paid the order.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/orders", web::post().to(create))
        .route("/orders", web::get().to(list))
        .route("/orders/{id}", web::get().to(find));
}

#[derive(Deserialize)]
struct NewOrder {
    id: String,
    /// As the vendor's API returns it; see [`PayOrder`](crate::PayOrder) for orders without one.
    invoice_id: Option<InvoiceId>,
    amount: Amount,
    currency: Currency,
}

#[derive(Serialize, sqlx::FromRow)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) invoice_id: Option<String>,
    pub(crate) amount: String,
    pub(crate) currency: String,
    created_at: String,
    paid_by: Option<String>,
    paid_at: Option<String>,
}

async fn create(pool: Data<PgPool>, order: Json<NewOrder>) -> Result<HttpResponse, Error> {
    let is_free = order.amount.as_decimal().is_zero();
    let is_id = order.id.len() <= 128 && !order.id.contains(char::is_control);
    if is_free || matches!(order.currency, Currency::Other(_)) || !is_id {
        let text = "amount is zero, currency is unknown, or id is longer than 128 bytes or has \
                    control characters";
        return Err(Error(StatusCode::UNPROCESSABLE_ENTITY, text.into()));
    }
    let sql = "INSERT INTO orders (id, invoice_id, amount, currency) VALUES ($1, $2, $3, $4) \
               RETURNING *";
    let order: Order = sqlx::query_as(sql)
        .bind(&order.id)
        .bind(order.invoice_id.as_ref().map(InvoiceId::as_str))
        .bind(order.amount.to_string())
        .bind(order.currency.as_str())
        .fetch_one(&**pool)
        .await?;
    Ok(HttpResponse::Created().json(order))
}

async fn find(pool: Data<PgPool>, id: Path<String>) -> Result<Json<Order>, Error> {
    // PostgreSQL refuses NUL, which no id has.
    let order = sqlx::query_as("SELECT * FROM orders WHERE id = $1").bind(id.replace('\0', "\n"));
    Ok(Json(order.fetch_one(&**pool).await?))
}

/// The newest hundred.
async fn list(pool: Data<PgPool>) -> Result<Json<Vec<Order>>, Error> {
    let orders = sqlx::query_as("SELECT * FROM orders ORDER BY number DESC LIMIT 100");
    Ok(Json(orders.fetch_all(&**pool).await?))
}
