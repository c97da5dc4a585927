//! The log of this thread, as an operator reads it.

use std::{cell::RefCell, io, sync::Once};

use tracing::Level;

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Logs everything, for the whole process, since tracing caches which events have no subscriber.
pub(crate) fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_writer(|| Writer)
            .with_ansi(false)
            .without_time()
            .init();
    });
}

/// The lines that this thread logged since the last call.
pub(crate) fn lines() -> Vec<String> {
    let text = String::from_utf8_lossy(&LOG.take()).into_owned();
    text.lines().map(Into::into).collect()
}
