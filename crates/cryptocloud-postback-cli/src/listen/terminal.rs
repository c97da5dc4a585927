use std::{
    convert::Infallible,
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    forward::Exchange,
    journal::Record,
    line::{self, Counts},
    settings::Settings,
};
use crate::{
    output::{Escaped, WARN, json_line, print},
    server,
};

/// Writes lines in its own thread, so that a blocked reader of the output does not delay a postback.
pub(super) struct Terminal {
    counts: Mutex<Counts>,
    ended: Mutex<Receiver<Infallible>>,
    /// Whether the output is for a program.
    json: bool,
    /// `None` ends the thread.
    lines: SyncSender<Option<String>>,
}

impl Terminal {
    /// Prints the addresses, and warnings about the arguments.
    pub(super) fn start(settings: &Settings) -> Self {
        let (lines, queue) = sync_channel::<Option<String>>(1000);
        let (end, ended) = sync_channel(0);
        thread::spawn(move || {
            while let Ok(Some(line)) = queue.recv() {
                // If standard output is closed, the page still works.
                let _ = print(&line);
            }
            drop(end);
        });
        let this = Self {
            counts: Mutex::default(),
            ended: Mutex::new(ended),
            json: settings.json,
            lines,
        };
        let (url, page) = (&settings.url, format!("{}/", settings.origin()));
        if settings.json {
            let start = json!({ "event": "start", "page": page, "url": url });
            this.print(json_line(&start.to_string()));
        } else {
            this.print(format!("listening on {url}\npage at {page}\n"));
            if let Some(url) = &settings.forward {
                this.print(format!("forwarding to {url}\n"));
            }
        }
        if settings.verifier.is_none() {
            server::warn("signatures are not checked: set CRYPTOCLOUD_SECRET_KEY");
        }
        server::warn_if_open(
            settings.address,
            "sees the postbacks, with tokens that stay valid for minutes",
        );
        this
    }

    /// Tells a program what arrived.
    pub(super) fn arrived(&self, settings: &Settings, id: u64, record: &Record) {
        if self.json {
            self.print_json(settings, &line::arrival(id, record));
        }
    }

    /// Tells how a postback was responded to.
    pub(super) fn responded(
        &self,
        settings: &Settings,
        id: u64,
        record: &Record,
        exchange: Option<&Exchange>,
    ) {
        self.counts().add(record, exchange);
        match exchange {
            Some(exchange) if self.json => {
                self.print_json(settings, &line::forward(settings, id, exchange));
            }
            None if self.json => {}
            _ => self.print(line::row(settings, id, record, exchange)),
        }
    }

    /// Tells of a postback that was sent to the wrong path.
    pub(super) fn wrong_path(&self, settings: &Settings, path: &str) {
        let path: String = path.chars().take(MAX_PATH_CHARS).collect();
        let expected = &settings.path;
        if self.json {
            let event = json!({ "event": "wrong-path", "expected": expected, "path": path });
            self.print_json(settings, &event);
        } else {
            let path = settings.redactor.text(&path);
            let path = Escaped(&path);
            self.print(format!(
                "{WARN}wrong path{WARN:#} {path}: send postbacks to {expected}\n"
            ));
        }
    }

    /// Prints the counts, and waits until every line is written, but at most a second if the reader is
    /// blocked.
    pub(super) fn finish(&self) {
        let counts = *self.counts();
        self.print(if self.json {
            json_line(&json!({ "event": "end", "counts": counts }).to_string())
        } else {
            counts.line() + "\n"
        });
        if self.lines.try_send(None).is_ok() {
            let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = ended.recv_timeout(Duration::from_secs(1));
        }
    }

    fn print_json(&self, settings: &Settings, value: &Value) {
        // A `Value` always serializes.
        let line = settings.redactor.json(value).unwrap_or_default();
        self.print(json_line(&line));
    }

    /// Drops the lines if too many are waiting.
    fn print(&self, lines: String) {
        let _ = self.lines.try_send(Some(lines));
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const MAX_PATH_CHARS: usize = 200;
