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
    answer::Answer,
    app::App,
    journal::Entry,
    view::{Detail, Update},
};

pub(super) async fn list(State(app): State<Arc<App>>) -> Response {
    let update = app.journal.since(0);
    json_response(StatusCode::OK, &Update::of(&app, &update))
}

pub(super) async fn clear(State(app): State<Arc<App>>) -> StatusCode {
    app.journal.clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    match find(&app, &id) {
        Some(entry) => json_response(StatusCode::OK, &Detail::of(&app, &entry)),
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
    json_response(StatusCode::ACCEPTED, &json!({ "id": id }))
}

fn find(app: &App, id: &str) -> Option<Entry> {
    app.journal.find(id.parse().ok()?)
}

fn gone() -> Response {
    Answer::fault(StatusCode::NOT_FOUND, "this postback is not kept any more").into_response()
}

fn conflict(text: &str) -> Response {
    Answer::fault(StatusCode::CONFLICT, text).into_response()
}

fn json_response(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(text) => (status, [(CONTENT_TYPE, ANSWER_CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
