use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, Sse},
};
use futures_util::Stream;

use super::{app::App, view::Update};

/// Streams the stored postbacks to a page, and then each change.
///
/// The id of an event holds the run of the program and the revision of the journal, so that a page
/// that reconnects gets only what it missed.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut seen = resumed(&headers, &app).unwrap_or(0);
    let changes = app.journal.changes.clone();
    changes.events(move || {
        let update = app.journal.since(seen);
        seen = update.revision;
        // Strings and numbers always serialize.
        let data = app.settings.redactor.json(&Update::of(&app, &update));
        Event::default()
            .id(format!("{}.{seen}", app.run))
            .data(data.unwrap_or_default())
    })
}

/// The last revision of this run that the page saw; `None` for a new page, or one of another run.
fn resumed(headers: &HeaderMap, app: &App) -> Option<u64> {
    let id = headers.get("last-event-id")?.to_str().ok()?;
    let (run, revision) = id.split_once('.')?;
    if run != app.run {
        return None;
    }
    revision.parse().ok()
}
