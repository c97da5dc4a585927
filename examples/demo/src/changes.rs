use tokio::sync::watch;

/// Tells the open pages that the shop has changed.
///
/// Of this process: what another one writes to the same file shows at the next change here.
#[derive(Clone, Debug)]
pub(crate) struct Changes(watch::Sender<Change>);

/// How often something has changed, and whether it was the last time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Change {
    pub(crate) count: u64,
    pub(crate) is_last: bool,
}

impl Changes {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::default())
    }

    /// To be called after the commit.
    pub(crate) fn tell(&self) {
        self.0.send_modify(|change| change.count += 1);
    }

    /// Ends all that watch, now and later.
    pub(crate) fn end(&self) {
        self.0.send_modify(|change| change.is_last = true);
    }

    /// The first change of a watcher is that it has come.
    pub(crate) fn watch(&self) -> watch::Receiver<Change> {
        let mut watcher = self.0.subscribe();
        watcher.mark_changed();
        watcher
    }
}
