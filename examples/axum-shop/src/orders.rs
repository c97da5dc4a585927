use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use cryptocloud_postback_axum::core::{Amount, Currency, InvoiceId};
use serde::{Deserialize, Serialize};

use crate::{Error, Shop};

/// `POST /orders`, `GET /orders`, and `GET /orders/{id}`, which shows the invoice that paid the order.
pub fn orders(shop: Shop) -> Router {
    Router::new()
        .route("/orders", get(list).post(create))
        .route("/orders/{id}", get(find))
        .with_state(shop)
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

async fn create(
    State(shop): State<Shop>,
    Json(order): Json<NewOrder>,
) -> Result<(StatusCode, Json<Order>), Error> {
    let is_free = order.amount.as_decimal().is_zero();
    if is_free || matches!(order.currency, Currency::Other(_)) || order.id.len() > 128 {
        let text = "amount is zero, currency is unknown, or id is longer than 128 bytes";
        return Err(Error(StatusCode::UNPROCESSABLE_ENTITY, text.into()));
    }
    sqlx::query("INSERT INTO orders (id, invoice_id, amount, currency) VALUES ($1, $2, $3, $4)")
        .bind(&order.id)
        .bind(order.invoice_id.as_ref().map(InvoiceId::as_str))
        .bind(order.amount.to_string())
        .bind(order.currency.as_str())
        .execute(&shop.pool)
        .await?;
    Ok((
        StatusCode::CREATED,
        find(State(shop), Path(order.id)).await?,
    ))
}

async fn find(State(shop): State<Shop>, Path(id): Path<String>) -> Result<Json<Order>, Error> {
    let order = sqlx::query_as("SELECT * FROM orders WHERE id = $1").bind(id);
    Ok(Json(order.fetch_one(&shop.pool).await?))
}

/// The newest hundred.
async fn list(State(shop): State<Shop>) -> Result<Json<Vec<Order>>, Error> {
    let orders = sqlx::query_as("SELECT * FROM orders ORDER BY number DESC LIMIT 100");
    Ok(Json(orders.fetch_all(&shop.pool).await?))
}
