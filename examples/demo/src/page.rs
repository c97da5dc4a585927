//! The page, and what it asks for beside the shop's own routes.

use axum::{
    Json, Router,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    response::IntoResponse,
    routing::{get, post},
};
use cryptocloud_postback_cli::File;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Demo,
    cause::Button,
    entry,
    order::{self, Order},
};

pub(crate) fn page() -> Router<Demo> {
    cryptocloud_postback_cli::page(include_str!("../page/index.html"), &FILES)
        .route("/page.json", get(state))
        .route("/events", get(events))
        .route("/press", post(press))
        .route("/outage", post(outage))
}

async fn state(State(demo): State<Demo>) -> Json<Value> {
    let buttons: Value = serde_json::from_str(BUTTONS).unwrap_or_default();
    Json(json!({
        "buttons": buttons,
        "checks": entry::checks(),
        "entries": demo.history.newest_first(),
        "is_down": demo.vendor.is_down(),
    }))
}

/// Each event tells the page to ask for the state again.
async fn events(State(demo): State<Demo>) -> impl IntoResponse {
    demo.changes.events()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Press {
    button: Button,
    order_id: String,
}

async fn press(
    State(demo): State<Demo>,
    press: Result<Json<Press>, JsonRejection>,
) -> Result<StatusCode, (StatusCode, String)> {
    let Json(Press { button, order_id }) =
        press.map_err(|error| (error.status(), error.body_text()))?;
    let failed = |error: sqlx::Error| (StatusCode::SERVICE_UNAVAILABLE, error.to_string());
    let order = Order::find(&demo.shop, &order_id).await.map_err(failed)?;
    let order = order.ok_or((StatusCode::NOT_FOUND, "order has no invoice".to_owned()))?;
    if button == Button::Failing {
        let failing = order::fail_twice(&demo.shop, &order.invoice_id);
        failing.await.map_err(failed)?;
    }
    let pressed = demo.vendor.press(button, &order).await;
    pressed.map_err(|problem| (StatusCode::BAD_GATEWAY, problem))?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outage {
    is_down: bool,
}

async fn outage(State(demo): State<Demo>, Json(Outage { is_down }): Json<Outage>) -> StatusCode {
    demo.vendor.set_down(is_down);
    demo.changes.tell();
    StatusCode::NO_CONTENT
}

const BUTTONS: &str = include_str!("../page/buttons.json");

const FILES: [File; 7] = [
    ("demo.css", include_str!("../page/demo.css")),
    ("demo.js", include_str!("../page/demo.js")),
    ("entries.js", include_str!("../page/entries.js")),
    ("held.js", include_str!("../page/held.js")),
    ("orders.js", include_str!("../page/orders.js")),
    ("path.js", include_str!("../page/path.js")),
    ("problem.js", include_str!("../page/problem.js")),
];
