use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};

use super::{api, app::App, curl, entry::Entry, request::is_credential, view::rfc3339};
use crate::saved::{Body, Saved};

/// `GET /api/export/{file}` saves one postback or all of them, the oldest first, as
/// `ccpostback send --replay` reads them or as a shell script: `postback-1.json`, `postback-1.sh`,
/// `postbacks.json` or `postbacks.sh`.
///
/// It leaves out what has no body: what is sent again would be another postback.
pub(super) async fn export(State(app): State<Arc<App>>, Path(file): Path<String>) -> Response {
    let (name, kind) = file.rsplit_once('.').unwrap_or_default();
    let entries = match name.strip_prefix("postback-") {
        Some(id) => app.find(id).into_iter().collect(),
        None => app.entries(),
    };
    let saved: Vec<Saved> = entries.iter().filter_map(|entry| saved(entry)).collect();
    match kind {
        "json" if !saved.is_empty() => api::json(&app, &saved),
        "sh" if !saved.is_empty() => script(&app, &entries).into_response(),
        _ => api::not_found(),
    }
}

fn script(app: &App, entries: &[Arc<Entry>]) -> String {
    let mut script = "#!/bin/sh\n".to_owned();
    for entry in entries {
        let command = curl::command(&entry.request, app);
        let command = command.unwrap_or_else(|| ": no command sends exactly this".to_owned());
        script += &format!("# {}\n{command}\necho\n", entry.id);
    }
    script
}

fn saved(entry: &Entry) -> Option<Saved> {
    let request = &entry.request;
    let headers = request.headers().iter();
    let headers = headers.filter(|(name, _)| !is_credential(name));
    let headers = headers.filter_map(|(name, value)| {
        let value = str::from_utf8(value.as_bytes()).ok()?;
        Some((name.to_string(), value.to_owned()))
    });
    Some(Saved {
        received_at: rfc3339(entry.received_at),
        method: request.method().to_string(),
        target: request.uri().to_string(),
        headers: headers.collect(),
        body: Body::of(request.body().as_ref().ok()?),
    })
}
