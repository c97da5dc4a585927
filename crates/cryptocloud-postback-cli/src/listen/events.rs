use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};

use super::{app::App, view::Update};

/// Streams the stored postbacks to a page, and then each change.
///
/// The id of an event holds the run of the program and the revision of the journal, so that a page
/// that reconnects gets only what it missed.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = app.journal.watch();
    let seen = resumed(&headers, &app).unwrap_or(0);
    let updates = stream::unfold((app, changes, seen, true), async |state| {
        let (app, mut changes, seen, is_first) = state;
        if !is_first && changes.changed().await.is_err() {
            return None;
        }
        if !*changes.borrow_and_update() {
            return None;
        }
        let update = app.journal.since(seen);
        let revision = update.revision;
        let update = Update::of(&app, &update);
        // Strings and numbers always serialize.
        let data = app.settings.redactor.json(&update).unwrap_or_default();
        let event = Event::default()
            .id(format!("{}.{revision}", app.run))
            .retry(RETRY)
            .data(data);
        Some((Ok(event), (app, changes, revision, false)))
    });
    Sse::new(updates).keep_alive(KeepAlive::default())
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

/// How long a page waits before it reconnects.
const RETRY: Duration = Duration::from_secs(1);
