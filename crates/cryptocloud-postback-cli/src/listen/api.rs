//! The data behind the page.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{app::App, detail::Detail, journal::Entry, response::StoredResponse, view::Update};

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

pub(super) fn find(app: &App, id: &str) -> Option<Entry> {
    app.journal.find(id.parse().ok()?)
}

pub(super) fn not_found() -> Response {
    StoredResponse::error(StatusCode::NOT_FOUND, "this postback is no longer stored")
        .into_response()
}

pub(super) fn json_response(app: &App, value: &impl Serialize) -> Response {
    match app.settings.redactor.json(value) {
        Ok(text) => StoredResponse::json(StatusCode::OK, text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
