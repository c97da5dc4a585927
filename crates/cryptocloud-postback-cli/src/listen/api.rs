use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{Method, StatusCode, header::CONTENT_TYPE},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use reqwest::Url;
use serde::Serialize;
use serde_json::json;

use super::{
    app::App,
    curl, export, request, resend,
    view::{Detail, Summary},
};
use crate::{guard, page};

pub(super) fn router(app: Arc<App>) -> Router {
    page::page(include_str!("page/page.html"), &FILES)
        .route("/api/events", get(events))
        .route("/api/export/{file}", get(export::export))
        .route("/api/postbacks", get(list).delete(clear))
        .route("/api/postbacks/{id}", get(show))
        .route("/api/postbacks/{id}/resend", post(resend::resend))
        .layer(middleware::from_fn_with_state(app.address, guard::guard))
        // Not guarded: tunnels have their own Host and any site may post, but only the token is trusted.
        .fallback(receive)
        .with_state(app)
}

/// Receives a postback, and responds as the adapters do, or as the server that it is forwarded to.
async fn receive(State(app): State<Arc<App>>, request: Request) -> Response {
    let expected = &app.args.path;
    if request.uri().path() != expected {
        if request.method() == Method::POST {
            app.terminal.wrong_path(&app, request.uri().path());
        }
        // A notification URL with the wrong path is a common mistake, so name the right one.
        let text = format!("no such path: send postbacks to {expected}");
        return guard::error(StatusCode::NOT_FOUND, &text);
    }
    let (entry, handled) = app.handle(request::read(request).await, None);
    match handled.await {
        Ok(()) => entry.reply(),
        Err(_) => guard::error(StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
    }
}

/// Each event tells the page to ask for the list again.
async fn events(State(app): State<Arc<App>>) -> impl IntoResponse {
    app.changes.events()
}

async fn list(State(app): State<Arc<App>>) -> Response {
    let args = &app.args;
    let entries = app.entries();
    let postbacks: Vec<Summary<'_>> = entries.iter().map(|entry| Summary::of(entry)).collect();
    let about = json!({
        "forward": args.forward.as_ref().map(Url::as_str),
        "keep": args.keep,
        "path": args.path,
        "secret": app.verifier.is_some(),
        "send": curl::suggestion(&app.url(), &args.secret),
        "url": app.url(),
    });
    json(&app, &json!({ "about": about, "postbacks": postbacks }))
}

async fn clear(State(app): State<Arc<App>>) -> StatusCode {
    app.clear();
    StatusCode::NO_CONTENT
}

async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    match app.find(&id) {
        Some(entry) => json(&app, &Detail::of(&entry, &app)),
        None => not_found(),
    }
}

pub(super) fn not_found() -> Response {
    let text = "this postback is not stored, or without its body";
    guard::error(StatusCode::NOT_FOUND, text)
}

/// A value as JSON, without the secrets.
pub(super) fn json(app: &App, value: &impl Serialize) -> Response {
    // Values with names that are strings always serialize.
    let text = serde_json::to_string(value).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], app.hide_secrets(text)).into_response()
}

const FILES: [page::File; 4] = [
    ("detail.js", include_str!("page/detail.js")),
    ("page.css", include_str!("page/page.css")),
    ("page.js", include_str!("page/page.js")),
    ("tabs.js", include_str!("page/tabs.js")),
];
