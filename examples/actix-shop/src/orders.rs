use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, ServiceConfig, resource},
};
use shop::{Backend, Error, NewOrder, Order};

use crate::Shop;

/// `POST /orders`, `GET /orders`, and `GET /orders/{id}`, which shows the invoice that paid the order.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(resource("/orders").get(list).post(create))
        .service(resource("/orders/{id}").get(find));
}

/// The same request again returns the order, and creates the invoice if that failed before.
async fn create(shop: Data<Shop>, Json(new): Json<NewOrder>) -> Result<HttpResponse, Error> {
    new.check(shop.vendor.is_some())?;
    // The order comes first: the invoice of an order that is not stored could be paid.
    let sql = "INSERT INTO orders (id, invoice_id, amount, currency) VALUES ($1, $2, $3, $4) \
               ON CONFLICT DO NOTHING";
    let (amount, currency) = (new.amount.to_string(), new.currency.as_str());
    let insert = sqlx::query(sql).bind(&new.id).bind(new.invoice_id());
    let insert = insert.bind(amount).bind(currency);
    let mut response = match insert.execute(shop.store.pool()).await?.rows_affected() {
        0 => HttpResponse::Ok(),
        _ => HttpResponse::Created(),
    };
    let mut order = new.same(shop.order(&new.id).await?)?;
    if let (Some(vendor), None, None) = (&shop.vendor, &order.invoice_id, &order.paid_by) {
        let invoice = vendor.create_invoice(&new).await?;
        // If the same request runs twice, the customer gets the link of one invoice.
        let sql = "UPDATE orders SET invoice_id = $1, link = $2 \
                   WHERE id = $3 AND invoice_id IS NULL AND paid_by IS NULL";
        let (id, link) = (invoice.id().as_str(), invoice.link());
        let update = sqlx::query(sql).bind(id).bind(link).bind(&new.id);
        update.execute(shop.store.pool()).await?;
        order = shop.order(&new.id).await?.unwrap_or(order);
    }
    Ok(response.json(order))
}

async fn find(shop: Data<Shop>, id: Path<String>) -> Result<Json<Order>, Error> {
    // PostgreSQL refuses NUL, which no id has.
    let order = shop.order(&id.replace('\0', "\n")).await?;
    Ok(Json(order.ok_or(Error::Refused(404, "no such order"))?))
}

/// The newest hundred.
async fn list(shop: Data<Shop>) -> Result<Json<Vec<Order>>, Error> {
    let orders = sqlx::query_as("SELECT * FROM orders ORDER BY number DESC LIMIT 100");
    Ok(Json(orders.fetch_all(shop.store.pool()).await?))
}
