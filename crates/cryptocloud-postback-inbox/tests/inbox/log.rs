use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use cryptocloud_postback_inbox::{LostReport, Report};
use tracing::subscriber::DefaultGuard;

use crate::Result;

/// A log that a test can read.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Takes what this thread logs, until the guard is dropped.
    pub(crate) fn install() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// The only report of a postback that was not stored, and its line.
    pub(crate) fn lost(&self) -> Result<(Report, String)> {
        let text = self.text();
        let mut lines = text.lines().filter(|line| LostReport::find(line).is_some());
        let line = lines.next().ok_or("a line")?;
        assert!(lines.next().is_none(), "{text}");
        let lost = LostReport::find(line).ok_or("a report")??;
        Ok((lost.0, line.to_owned()))
    }

    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
