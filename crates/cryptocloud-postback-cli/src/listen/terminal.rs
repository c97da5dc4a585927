use std::{
    convert::Infallible,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use crate::{
    output::{BAD, Escaped, GOOD, WARN, print},
    server,
};

use super::{
    forward::Exchange, journal::Record, redact::Redactor, settings::Settings, verification::Verdict,
};

/// Writes lines in its own thread, so that a blocked reader of the output does not delay a postback.
pub(super) struct Terminal {
    ended: Mutex<Receiver<Infallible>>,
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
            ended: Mutex::new(ended),
            lines,
        };
        this.print(&format!("listening on {}", settings.url()));
        this.print(&format!("page at {}/", settings.origin()));
        if let Some(url) = &settings.forward {
            this.print(&format!("forwarding to {url}"));
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

    /// Prints a line for a postback and its response.
    pub(super) fn show(
        &self,
        id: u64,
        record: &Record,
        exchange: Option<&Exchange>,
        redactor: &Redactor,
    ) {
        let report = &record.verification.report;
        let (style, verdict) = match record.verification.verdict {
            Verdict::Refused => (BAD, "refused"),
            Verdict::Unchecked => (WARN, "not checked"),
            Verdict::Verified => (GOOD, "verified"),
        };
        let reason = record
            .verification
            .reason()
            .map_or_else(String::new, |reason| format!(": {reason}"));
        let invoice = match &report.invoice_id {
            Some(id) => format!(", invoice {}", Escaped(&redactor.text(id))),
            None => format!(", {}", Escaped(record.request.method.as_str())),
        };
        let response = match exchange {
            Some(Exchange {
                result: Ok(response),
                ..
            }) => format!("your server responded with {}", response.status.as_u16()),
            Some(Exchange {
                result: Err(error), ..
            }) => error.clone(),
            None => format!(
                "responded with {}",
                record.verification.response.status.as_u16()
            ),
        };
        let time = clock(record.received_at);
        self.print(&format!(
            "{time} #{id} {style}{verdict}{style:#}{reason}{invoice}; {response}"
        ));
    }

    /// Prints a line for a postback that was sent to the wrong path.
    pub(super) fn show_wrong_path(&self, path: &str, expected: &str) {
        let path: String = path.chars().take(MAX_PATH_CHARS).collect();
        let path = Escaped(&path);
        self.print(&format!(
            "{WARN}wrong path{WARN:#} {path}: send postbacks to {expected}"
        ));
    }

    /// Waits until every line is written, but at most a second if the reader is blocked.
    pub(super) fn finish(&self) {
        if self.lines.try_send(None).is_ok() {
            let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = ended.recv_timeout(Duration::from_secs(1));
        }
    }

    /// Drops the line if too many are waiting.
    fn print(&self, line: &str) {
        let _ = self.lines.try_send(Some(format!("{line}\n")));
    }
}

/// The time of day in UTC, like the vendor's timestamps.
fn clock(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    format!(
        "{:02}:{:02}:{:02}Z",
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60
    )
}

const MAX_PATH_CHARS: usize = 200;
