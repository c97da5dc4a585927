use std::{convert::Infallible, time::Duration};

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use tokio::sync::watch;

/// Tells the open pages of a server that something has changed.
#[derive(Clone, Debug)]
pub struct Changes {
    /// False after the end.
    open: watch::Sender<bool>,
}

impl Changes {
    /// Without a change.
    #[must_use]
    pub fn new() -> Self {
        Self {
            open: watch::Sender::new(true),
        }
    }

    /// Announces a change.
    pub fn tell(&self) {
        // This does not reopen what has ended.
        self.open.send_modify(|_| {});
    }

    /// Ends all streams of events, now and later: a server that shuts down waits for them.
    pub fn end(&self) {
        self.open.send_replace(false);
    }

    /// Whether the end has come.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        !*self.open.borrow()
    }

    /// Streams an event at once, and another one after each change; fast changes share one.
    pub fn events<F>(&self, event: F) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<F>>
    where
        F: FnMut() -> Event + Send + 'static,
    {
        let mut watcher = self.open.subscribe();
        watcher.mark_changed();
        let events = stream::unfold((watcher, event), async |(mut watcher, mut event)| {
            watcher.changed().await.ok()?;
            let is_open = *watcher.borrow_and_update();
            is_open.then(|| (Ok(event().retry(RETRY)), (watcher, event)))
        });
        Sse::new(events).keep_alive(KeepAlive::default())
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

/// How soon a page connects again after a restart.
const RETRY: Duration = Duration::from_secs(1);
