use std::sync::{Arc, Mutex, PoisonError, Weak};

/// One server for all tests of a binary that run at the same time. It stops with the last of them.
#[derive(Debug)]
pub struct Shared<T>(Mutex<Weak<T>>);

impl<T> Shared<T> {
    /// Creates an empty slot, for a `static`.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    /// Returns the running server, or starts one. Returns `None` if it cannot be started here.
    pub fn get(&self, start: impl FnOnce() -> Option<T>) -> Option<Arc<T>> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = running.upgrade() {
            return Some(server);
        }
        let server = Arc::new(start()?);
        *running = Arc::downgrade(&server);
        Some(server)
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self::new()
    }
}
