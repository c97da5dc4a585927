//! The data behind the page.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::json;

use super::{
    app::App,
    journal::Entry,
    response::StoredResponse,
    view::{Detail, Update},
};

pub(super) async fn list(State(app): State<Arc<App>>) -> Response {
    let update = app.journal.since(0);
    json_response(&app, &Update::of(&app, &update))
}

pub(super) async fn clear(State(app): State<Arc<App>>) -> StatusCode {
    app.journal.clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    match find(&app, &id) {
        Some(entry) => json_response(&app, &Detail::of(&app, &entry)),
        None => not_found(),
    }
}

/// Forwards the stored bytes again as a new postback, since its checks may come out differently now.
pub(super) async fn resend(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let Some(entry) = find(&app, &id) else {
        return not_found();
    };
    if app.forwarder.is_none() {
        return conflict("there is no server to send it to: start with --forward URL");
    }
    let request = &entry.record.request;
    if request.body_error.is_some() {
        return conflict("the body was not stored in full");
    }
    let (id, _) = app.handle(request.clone(), Some(entry.id));
    StoredResponse::json(StatusCode::ACCEPTED, json!({ "id": id }).to_string()).into_response()
}

pub(super) fn find(app: &App, id: &str) -> Option<Entry> {
    app.journal.find(id.parse().ok()?)
}

pub(super) fn not_found() -> Response {
    StoredResponse::error(StatusCode::NOT_FOUND, "this postback is no longer stored")
        .into_response()
}

fn conflict(text: &str) -> Response {
    StoredResponse::error(StatusCode::CONFLICT, text).into_response()
}

pub(super) fn json_response(app: &App, value: &impl Serialize) -> Response {
    match app.settings.redactor.json(value) {
        Ok(text) => StoredResponse::json(StatusCode::OK, text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
