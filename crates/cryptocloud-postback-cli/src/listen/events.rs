use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};

use super::{app::App, view::Update};

/// Tells a page what is there, and then each time what changed.
///
/// The id of an event is the start of the program and the revision of the journal, so that a page that
/// was cut off goes on where it was.
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
        let event = Event::default()
            .id(format!("{}.{revision}", app.run))
            // What is serialised are texts and numbers.
            .data(serde_json::to_string(&Update::of(&app, &update)).unwrap_or_default());
        Some((Ok(event), (app, changes, revision, false)))
    });
    Sse::new(updates).keep_alive(KeepAlive::default())
}

/// The revision that a page saw of this run; None for a new page, and for one of an earlier run.
fn resumed(headers: &HeaderMap, app: &App) -> Option<u64> {
    let id = headers.get("last-event-id")?.to_str().ok()?;
    let (run, revision) = id.split_once('.')?;
    if run != app.run {
        return None;
    }
    revision.parse().ok()
}
