//! The page, and what it asks for beside the shop's own routes.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, header},
    response::Response,
    routing::get,
};
use cryptocloud_postback_axum::core::Currency;
use serde_json::{Value, json};

use crate::{Demo, delivery, events::events};

pub(crate) fn page() -> Router<Demo> {
    let mut router = Router::new();
    for (path, kind, text) in FILES {
        let file = get(async move || ([(header::CONTENT_TYPE, *kind)], *text));
        router = router.route(path, file);
    }
    router
        .route("/page.json", get(state))
        .route("/events", get(events))
}

async fn state(State(demo): State<Demo>) -> Json<Value> {
    Json(json!({
        "checks": delivery::checks(),
        "currencies": Currency::ALL,
        "deliveries": demo.log.newest_first(),
    }))
}

/// Makes sure that markup which gets into the page by mistake can neither run nor send anything.
pub(crate) async fn protect(mut response: Response) -> Response {
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

/// A path, a `Content-Type` and a content.
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
    ("/held.js", SCRIPT, include_str!("../page/held.js")),
    ("/dom.js", SCRIPT, include_str!("../page/dom.js")),
    ("/list.js", SCRIPT, include_str!("../page/list.js")),
    ("/orders.js", SCRIPT, include_str!("../page/orders.js")),
    ("/post.js", SCRIPT, include_str!("../page/post.js")),
];
const SCRIPT: &str = "text/javascript; charset=utf-8";
