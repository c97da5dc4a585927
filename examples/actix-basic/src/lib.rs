//! The smallest shop that receives postbacks on actix-web, to run or to mount.
//!
//! Run with
//!
//! ```sh
//! export CRYPTOCLOUD_SECRET_KEY=not-a-real-key-only-for-this-example
//! cargo run -p actix-basic
//! ```
//!
//! and pay its only order with a postback signed by `ccpostback`. One without a token gets 401:
//!
//! ```sh
//! cargo run -q -p cryptocloud-postback-cli -- send --url http://127.0.0.1:3000/postback --invoice-id ILRAJE1Q --order-id ORDER_93223
//! curl -i http://127.0.0.1:3000/postback -d 'status=success&invoice_id=1&amount_crypto=1&currency=TON'
//! ```
#![forbid(unsafe_code)]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use actix_web::{Result, error::ErrorInternalServerError, web};
use cryptocloud_postback_actix_web::{
    Received, VerifiedPostback,
    core::{Amount, Currency, Expected, InvoiceId, Verifier},
};

/// What the shop stores when it creates an invoice.
#[derive(Clone, Debug)]
pub struct Order {
    /// The shop's own number.
    pub id: String,
    /// The price in `currency`.
    pub amount: Amount,
    /// The currency of the price.
    pub currency: Currency,
    /// Whether it is paid.
    pub is_paid: bool,
}

/// The orders by their invoice. They are in memory here; a shop has a database.
#[derive(Clone, Debug, Default)]
pub struct Orders(Arc<Mutex<HashMap<InvoiceId, Order>>>);

impl FromIterator<(InvoiceId, Order)> for Orders {
    fn from_iter<I: IntoIterator<Item = (InvoiceId, Order)>>(orders: I) -> Self {
        Self(Arc::new(Mutex::new(orders.into_iter().collect())))
    }
}

/// `/postback`, to mount with `App::configure` or `Scope::configure`.
pub fn configure(config: &mut web::ServiceConfig, verifier: Verifier, orders: Orders) {
    // Every method, because the extractor responds with 405 to any method other than POST.
    let resource = web::resource("/postback").route(web::route().to(paid));
    config.service(resource.app_data(verifier).app_data(web::Data::new(orders)));
}

/// Runs for genuine postbacks only, and responds once the payment is stored.
async fn paid(
    orders: web::Data<Orders>,
    VerifiedPostback(postback): VerifiedPostback,
) -> Result<Received> {
    let (invoice_id, reported) = (postback.invoice_id(), postback.reported());
    let _span = tracing::info_span!(
        "postback",
        invoice_id = ?invoice_id.as_str(),
        amount = reported.amount_crypto.map(tracing::field::display),
        currency = reported.currency.as_ref().map(Currency::as_str),
        order_id = ?reported.order_id,
    )
    .entered();
    let orders = orders.0.lock();
    let mut orders = orders.map_err(|_| ErrorInternalServerError("orders are unavailable"))?;
    // The invoice id is proven, all else is only reported: it has to match the shop's own order.
    let Some(order) = orders.get_mut(invoice_id) else {
        tracing::warn!("held for review: no such invoice");
        return Ok(Received);
    };
    let expected = Expected::invoice(invoice_id.clone())
        .order(&*order.id)
        .currency(order.currency.clone())
        .minimum_paid(order.amount);
    if let Err(mismatch) = postback.check(&expected) {
        tracing::warn!("held for review: {mismatch}");
        return Ok(Received);
    }
    // The same postback may arrive twice.
    if !order.is_paid {
        order.is_paid = true;
        tracing::info!("paid");
    }
    Ok(Received)
}
