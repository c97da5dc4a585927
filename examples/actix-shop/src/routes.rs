use std::time::Duration;

use actix_web::{HttpResponse, web};
use cryptocloud_postback_actix_web::{Received, VerifiedPostback, core::Verifier};
use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};
use tokio::time;

use crate::{Error, Order, Shop, UnsettledPayment, order::OrderForm};

/// All routes, to mount with `App::configure` or `Scope::configure`.
pub fn configure(config: &mut web::ServiceConfig, shop: Shop, verifier: Verifier) {
    configure_orders(config, shop.clone());
    configure_postback(config, shop, verifier);
}

/// `/orders` and `/unsettled`, which anybody may use who reaches them: put your own login before them.
pub fn configure_orders(config: &mut web::ServiceConfig, shop: Shop) {
    let shop = web::Data::new(shop);
    let orders = web::resource("/orders")
        .app_data(shop.clone())
        .app_data(web::JsonConfig::default().error_handler(|error, _| Error::from(error).into()))
        .route(web::get().to(list))
        .route(web::post().to(create));
    let order = web::resource("/orders/{id}").app_data(shop.clone());
    let kept = web::resource("/unsettled").app_data(shop);
    config
        .service(orders)
        .service(order.route(web::get().to(find)))
        .service(kept.route(web::get().to(unsettled)));
}

/// `/postback` alone.
pub fn configure_postback(config: &mut web::ServiceConfig, shop: Shop, verifier: Verifier) {
    let postback = web::resource("/postback")
        .app_data(web::Data::new(shop))
        .app_data(verifier);
    // Every method, since the extractor answers other ones than POST with 405.
    config.service(postback.route(web::route().to(pay)));
}

/// Runs for genuine postbacks only, and answers 200 only after the commit.
///
/// A payment that a person has to look at is answered with 200 too: it is kept, and the vendor cannot
/// make it right by sending it again.
async fn pay(
    shop: web::Data<Shop>,
    VerifiedPostback(postback): VerifiedPostback,
) -> Result<Received, Error> {
    in_time(shop.pay(&postback)).await?;
    Ok(Received)
}

async fn create(shop: web::Data<Shop>, form: web::Json<OrderForm>) -> Result<HttpResponse, Error> {
    let order = form.into_inner().try_into()?;
    let order = in_time(shop.create(&order)).await?;
    Ok(HttpResponse::Created().json(order))
}

async fn find(shop: web::Data<Shop>, id: web::Path<String>) -> Result<web::Json<Order>, Error> {
    in_time(shop.find(&id)).await.map(web::Json)
}

async fn list(shop: web::Data<Shop>) -> Result<web::Json<Vec<Order>>, Error> {
    in_time(shop.orders()).await.map(web::Json)
}

async fn unsettled(shop: web::Data<Shop>) -> Result<web::Json<Vec<UnsettledPayment>>, Error> {
    in_time(shop.unsettled()).await.map(web::Json)
}

/// Nobody waits for a database that hangs: what has begun is rolled back.
async fn in_time<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match time::timeout(LIMIT, work).await {
        Ok(result) => result,
        Err(_) => Err(StoreError::from(StoreErrorKind::TimedOut).into()),
    }
}

const LIMIT: Duration = Duration::from_secs(5);
