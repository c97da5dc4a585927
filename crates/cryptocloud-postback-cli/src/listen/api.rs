//! What the page asks for.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use cryptocloud_postback::ANSWER_CONTENT_TYPE;
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
    shown(&app, &Update::of(&app, &update))
}

pub(super) async fn clear(State(app): State<Arc<App>>) -> StatusCode {
    app.journal.clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    match find(&app, &id) {
        Some(entry) => shown(&app, &Detail::of(&app, &entry)),
        None => gone(),
    }
}

/// Passes the stored bytes on once more, as a postback of its own: its checks can be others by now.
pub(super) async fn resend(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let Some(entry) = find(&app, &id) else {
        return gone();
    };
    if app.forwarder.is_none() {
        return conflict("there is no server to send it to: start with --forward URL");
    }
    let arrival = &entry.record.arrival;
    if arrival.fault.is_some() {
        return conflict("not all of the body was kept");
    }
    let (id, _) = app.take(arrival.clone(), Some(entry.id));
    let headers = [(CONTENT_TYPE, ANSWER_CONTENT_TYPE)];
    (
        StatusCode::ACCEPTED,
        headers,
        json!({ "id": id }).to_string(),
    )
        .into_response()
}

fn find(app: &App, id: &str) -> Option<Entry> {
    app.journal.find(id.parse().ok()?)
}

fn gone() -> Response {
    StoredResponse::fault(StatusCode::NOT_FOUND, "this postback is not kept any more")
        .into_response()
}

fn conflict(text: &str) -> Response {
    StoredResponse::fault(StatusCode::CONFLICT, text).into_response()
}

fn shown(app: &App, value: &impl Serialize) -> Response {
    match app.settings.redactor.json(value) {
        Ok(text) => ([(CONTENT_TYPE, ANSWER_CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
