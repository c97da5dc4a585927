use std::{convert::Infallible, time::Duration};

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use tokio::sync::watch;

/// Tells the open pages of a server that something has changed.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    ended: watch::Sender<bool>,
}

impl Changes {
    /// Announces a change.
    pub fn tell(&self) {
        // This does not reopen what has ended.
        self.ended.send_modify(|_| {});
    }

    /// Ends all streams of events, now and later: a server that shuts down waits for them.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }

    /// Whether the end has come.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Streams an event at once, and another one after each change; fast changes share one.
    pub fn events(&self) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
        let mut watcher = self.ended.subscribe();
        watcher.mark_changed();
        let events = stream::unfold(watcher, async |mut watcher| {
            watcher.changed().await.ok()?;
            let has_ended = *watcher.borrow_and_update();
            let event = Event::default().data("change").retry(RETRY);
            (!has_ended).then_some((Ok(event), watcher))
        });
        Sse::new(events).keep_alive(KeepAlive::default())
    }
}

/// How soon a page connects again after a restart.
const RETRY: Duration = Duration::from_secs(1);
