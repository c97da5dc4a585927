use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, Data, Json, Path},
};
use cryptocloud_postback_actix_web::core::{Amount, Currency, InvoiceId};
use cryptocloud_postback_api::NewInvoice;
use serde::{Deserialize, Serialize};

use crate::{Shop, error::Error};

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
    /// An invoice that exists. Without it, a shop with an API KEY creates one.
    invoice_id: Option<InvoiceId>,
    amount: Amount,
    /// A coin, or the code of a fiat currency, such as `USD`.
    currency: Currency,
}

#[derive(Serialize, sqlx::FromRow)]
pub(crate) struct Order {
    pub(crate) id: String,
    invoice_id: Option<String>,
    /// The vendor's page, where the customer pays.
    link: Option<String>,
    pub(crate) amount: String,
    pub(crate) currency: String,
    created_at: String,
    paid_by: Option<String>,
    paid_at: Option<String>,
}

/// The same request again returns the order, and creates the invoice if that failed before.
async fn create(shop: Data<Shop>, Json(new): Json<NewOrder>) -> Result<HttpResponse, Error> {
    new.check(&shop)?;
    // The order comes first: the invoice of an order that is not stored could be paid.
    let sql = "INSERT INTO orders (id, invoice_id, amount, currency) VALUES ($1, $2, $3, $4) \
               ON CONFLICT DO NOTHING";
    let inserted = sqlx::query(sql)
        .bind(&new.id)
        .bind(new.invoice_id.as_ref().map(InvoiceId::as_str))
        .bind(new.amount.to_string())
        .bind(new.currency.as_str())
        .execute(&shop.pool)
        .await?;
    let stored = shop.order(&new.id).await?.filter(|order| new.is(order));
    let text = "another order has this id or invoice";
    let mut order = stored.ok_or(Error::Refused(StatusCode::CONFLICT, text))?;
    if let (Some(vendor), None, None) = (&shop.vendor, &order.invoice_id, &order.paid_by) {
        let invoice = NewInvoice::new(&*vendor.shop_id, new.amount)
            .currency(new.currency.as_str())
            .order_id(&*new.id);
        let invoice = vendor.api.create_invoice(&invoice).await?;
        // If the same request runs twice, the customer gets the link of one invoice.
        let sql = "UPDATE orders SET invoice_id = $1, link = $2 \
                   WHERE id = $3 AND invoice_id IS NULL AND paid_by IS NULL";
        sqlx::query(sql)
            .bind(invoice.id().as_str())
            .bind(invoice.link())
            .bind(&new.id)
            .execute(&shop.pool)
            .await?;
        order = shop.order(&new.id).await?.unwrap_or(order);
    }
    Ok(match inserted.rows_affected() {
        0 => HttpResponse::Ok().json(order),
        _ => HttpResponse::Created().json(order),
    })
}

impl NewOrder {
    fn check(&self, shop: &Shop) -> Result<(), Error> {
        let refuse = |text| Err(Error::Refused(StatusCode::UNPROCESSABLE_ENTITY, text));
        if !(1..=128).contains(&self.id.len()) || self.id.contains(char::is_control) {
            return refuse("id is empty, longer than 128 bytes, or has control characters");
        }
        let code = self.currency.as_str();
        let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        let is_coin = !matches!(self.currency, Currency::Other(_));
        if self.amount.as_decimal().is_zero() || !(is_coin || is_code) {
            return refuse("amount is zero, or currency is neither a coin nor a fiat currency");
        }
        if shop.vendor.is_some() && self.invoice_id.is_none() && is_coin {
            return refuse("an invoice needs a price in a fiat currency, such as USD");
        }
        Ok(())
    }

    /// Whether the order that is stored was created by the same request.
    fn is(&self, order: &Order) -> bool {
        let invoice_id = self.invoice_id.as_ref().map(InvoiceId::as_str);
        order.currency == self.currency.as_str()
            && order.amount.parse().ok() == Some(self.amount)
            && (invoice_id.is_none() || invoice_id == order.invoice_id.as_deref())
    }
}

impl Shop {
    async fn order(&self, id: &str) -> sqlx::Result<Option<Order>> {
        let order = sqlx::query_as("SELECT * FROM orders WHERE id = $1").bind(id);
        order.fetch_optional(&self.pool).await
    }
}

async fn find(shop: Data<Shop>, id: Path<String>) -> Result<Json<Order>, Error> {
    // PostgreSQL refuses NUL, which no id has.
    let order = shop.order(&id.replace('\0', "\n")).await?;
    let order = order.ok_or(Error::Refused(StatusCode::NOT_FOUND, "no such order"))?;
    Ok(Json(order))
}

/// The newest hundred.
async fn list(shop: Data<Shop>) -> Result<Json<Vec<Order>>, Error> {
    let orders = sqlx::query_as("SELECT * FROM orders ORDER BY number DESC LIMIT 100");
    Ok(Json(orders.fetch_all(&shop.pool).await?))
}
