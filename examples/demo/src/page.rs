//! The page for a person, and what it asks for.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, header},
    middleware,
    response::Response,
    routing::{get, post},
};
use cryptocloud_postback_axum::core::{Currency, Verifier};
use serde_json::{Value, json};

use crate::{
    Error, Shop, Simulator, delivery,
    events::events,
    guard::guard,
    routes::{in_time, orders, postback},
    simulator::simulate,
};

/// The page at `/` with its events, [`orders`] and [`postback`]: a whole small shop.
///
/// All but `/postback` answer only to `localhost` and to addresses, and to no other website.
/// The page needs no password: put your own login before it where others can reach it.
///
/// With a simulator the page can pay, and forge payments; without one there is no such route.
pub fn demo(shop: Shop, verifier: Verifier, simulator: Option<Simulator>) -> Router {
    let mut page = page(shop.clone(), simulator.is_some());
    if let Some(simulator) = simulator {
        page = page.route("/simulate", post(simulate).with_state(simulator));
    }
    page.merge(orders(shop.clone()))
        .layer(middleware::map_response(protect))
        .layer(middleware::from_fn(guard))
        .merge(postback(shop, verifier))
}

fn page(shop: Shop, is_demo: bool) -> Router {
    let state = async move |State(shop): State<Shop>| in_time(state(&shop, is_demo)).await;
    let mut router = Router::new();
    for (path, kind, text) in FILES {
        let file = get(async move || ([(header::CONTENT_TYPE, *kind)], *text));
        router = router.route(path, file);
    }
    router
        .route("/page.json", get(state))
        .route("/events", get(events))
        .with_state(shop)
}

/// All that the page shows.
async fn state(shop: &Shop, is_demo: bool) -> Result<Json<Value>, Error> {
    let conflicts = shop.inbox().conflicts(None, 100).await?;
    let conflicts = conflicts.iter().map(|conflict| {
        let report = &conflict.report;
        json!({
            "invoice_id": report.key().invoice_id(),
            "order_id": report.order_id(),
            "amount": report.amount_crypto(),
            "currency": report.currency(),
            "received_at": conflict.received_at.as_secs(),
        })
    });
    Ok(Json(json!({
        "checks": delivery::checks().collect::<Vec<_>>(),
        "conflicts": conflicts.collect::<Vec<_>>(),
        "currencies": Currency::ALL,
        "deliveries": shop.deliveries().await?,
        "orders": shop.orders().await?,
        "simulator": is_demo,
        "unsettled": shop.unsettled().await?,
    })))
}

/// Whatever gets into the page by mistake can neither run nor call out.
async fn protect(mut response: Response) -> Response {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

const POLICY: &str = "default-src 'none'; connect-src 'self'; img-src data:; script-src 'self'; \
    style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A path, a `Content-Type` and a text.
type File = (&'static str, &'static str, &'static str);

const FILES: &[File] = &[
    (
        "/",
        "text/html; charset=utf-8",
        include_str!("../page/index.html"),
    ),
    (
        "/page.css",
        "text/css; charset=utf-8",
        include_str!("../page/page.css"),
    ),
    ("/page.js", SCRIPT, include_str!("../page/page.js")),
    (
        "/deliveries.js",
        SCRIPT,
        include_str!("../page/deliveries.js"),
    ),
    ("/dom.js", SCRIPT, include_str!("../page/dom.js")),
    ("/list.js", SCRIPT, include_str!("../page/list.js")),
    ("/orders.js", SCRIPT, include_str!("../page/orders.js")),
    ("/post.js", SCRIPT, include_str!("../page/post.js")),
];
const SCRIPT: &str = "text/javascript; charset=utf-8";
