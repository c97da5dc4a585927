//! Downloads of stored postbacks, as `ccpostback send --replay` reads them.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{
        HeaderValue,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use cryptocloud_postback::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{
    api,
    app::App,
    curl,
    journal::{Entry, Record},
};
use crate::saved::{Body, Saved};

/// `GET /api/postbacks/{id}/export`
pub(super) async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let Some(entry) = api::find(&app, &id) else {
        return api::not_found();
    };
    match saved(&entry.record) {
        Some(saved) => {
            let name = format!("postback-{}.json", entry.id);
            attached(&name, api::json_response(&app, &saved))
        }
        None => api::incomplete(),
    }
}

/// `GET /api/export`
pub(super) async fn all(State(app): State<Arc<App>>) -> Response {
    let entries = app.journal.since(0).entries;
    let saved: Vec<Saved> = entries
        .iter()
        .filter_map(|entry| saved(&entry.record))
        .collect();
    attached("postbacks.json", api::json_response(&app, &saved))
}

/// `GET /api/postbacks/{id}/curl`
pub(super) async fn one_as_curl(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    match api::find(&app, &id) {
        Some(entry) => script(&app, &format!("postback-{}.sh", entry.id), &[entry]),
        None => api::not_found(),
    }
}

/// `GET /api/export/curl`
pub(super) async fn all_as_curl(State(app): State<Arc<App>>) -> Response {
    script(&app, "postbacks.sh", &app.journal.since(0).entries)
}

fn script(app: &App, name: &str, entries: &[Entry]) -> Response {
    let mut script = "#!/bin/sh\n".to_owned();
    for entry in entries {
        let line = curl::line(&app.settings.origin(), &entry.record.request);
        let line = line.unwrap_or_else(|| ": no command sends exactly this".to_owned());
        script += &format!("# {}\n{line}\n", entry.id);
    }
    let script = app.settings.redactor.text(&script);
    let kind = [(CONTENT_TYPE, "text/x-shellscript; charset=utf-8")];
    attached(name, (kind, script).into_response())
}

fn attached(name: &str, response: Response) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(CONTENT_DISPOSITION, disposition)], response).into_response()
}

/// `None` if the body was not stored in full: what is sent again would be another postback.
fn saved(record: &Record) -> Option<Saved> {
    let request = &record.request;
    let text = |value: &HeaderValue| Some(str::from_utf8(value.as_bytes()).ok()?.to_owned());
    let headers = request.headers.iter();
    let headers =
        headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.and_then(text)?)));
    request.body_error.is_none().then(|| Saved {
        received_at: rfc3339(record.received_at),
        method: request.method.to_string(),
        target: request.target.clone(),
        headers: headers.collect(),
        body: Body::of(&request.body),
    })
}

/// From milliseconds since 1970.
pub(super) fn rfc3339(milliseconds: u64) -> String {
    let nanoseconds = i128::from(milliseconds) * 1_000_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds);
    let time = time.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}
