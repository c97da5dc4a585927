//! Server-sent events, each of which tells the page to ask for the shop's state again.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};

use crate::Demo;

/// One event at once, and one after each change; fast changes share one.
pub(crate) async fn events(
    State(demo): State<Demo>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = stream::unfold(demo.changes.watch(), |mut watcher| async {
        watcher.changed().await.ok()?;
        let change = *watcher.borrow_and_update();
        let event = Event::default()
            .event("change")
            .data(change.count.to_string())
            .retry(RETRY);
        (!change.is_last).then_some((Ok(event), watcher))
    });
    Sse::new(changes).keep_alive(KeepAlive::default())
}

/// How soon a browser connects again after a restart.
const RETRY: Duration = Duration::from_secs(1);
