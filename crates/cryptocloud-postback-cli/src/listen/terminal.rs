use std::{
    convert::Infallible,
    io::{self, Write},
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use crate::output::{BAD, Escaped, GOOD, WARN, print};

use super::{
    forward::Exchange, journal::Record, redact::Redactor, settings::Settings, verification::Verdict,
};

/// Writes lines in a thread of its own, so that a reader of the output that stands still does not
/// hold up a postback.
pub(super) struct Terminal {
    ended: Mutex<Receiver<Infallible>>,
    /// None is the end.
    lines: SyncSender<Option<String>>,
}

impl Terminal {
    /// Says where the server listens, and what is wrong with how it was started.
    pub(super) fn start(settings: &Settings) -> Self {
        let (lines, queue) = sync_channel::<Option<String>>(1000);
        let (end, ended) = sync_channel(0);
        thread::spawn(move || {
            while let Ok(Some(line)) = queue.recv() {
                // Where nobody reads it, the page is still there.
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
            this.print(&format!("passing on to {url}"));
        }
        if settings.verifier.is_none() {
            warn("signature not checked: set CRYPTOCLOUD_SECRET_KEY");
        }
        if !settings.address.ip().to_canonical().is_loopback() {
            warn(
                "anybody who reaches this address sees the postbacks, and tokens that are good for minutes",
            );
        }
        this
    }

    /// One line of a postback, with the answer that it got.
    pub(super) fn show(
        &self,
        id: u64,
        record: &Record,
        exchange: Option<&Exchange>,
        redactor: &Redactor,
    ) {
        let report = &record.judgement.report;
        let (style, verdict) = match record.judgement.verdict {
            Verdict::Refused => (BAD, "refused"),
            Verdict::Unchecked => (WARN, "not checked"),
            Verdict::Verified => (GOOD, "verified"),
        };
        let why = record
            .judgement
            .reason()
            .map_or_else(String::new, |why| format!(": {why}"));
        let invoice = match &report.invoice_id {
            Some(id) => format!(", invoice {}", Escaped(&redactor.text(id))),
            None => format!(", {}", Escaped(record.arrival.method.as_str())),
        };
        let answer = match exchange {
            Some(Exchange {
                result: Ok(answer), ..
            }) => format!("your server answered {}", answer.status.as_u16()),
            Some(Exchange {
                result: Err(error), ..
            }) => error.clone(),
            None => format!("answered {}", record.judgement.answer.status.as_u16()),
        };
        let time = clock(record.received_at);
        self.print(&format!(
            "{time} #{id} {style}{verdict}{style:#}{why}{invoice}; {answer}"
        ));
    }

    /// A line of a postback that went to another path.
    pub(super) fn show_elsewhere(&self, path: &str, right: &str) {
        let path: String = path.chars().take(MAX_PATH).collect();
        let path = Escaped(&path);
        self.print(&format!(
            "{WARN}wrong path{WARN:#} {path}: postbacks go to {right}"
        ));
    }

    /// Waits until all is written, but not for a reader that stands still.
    pub(super) fn finish(&self) {
        if self.lines.try_send(None).is_ok() {
            let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = ended.recv_timeout(Duration::from_secs(1));
        }
    }

    /// Drops the line where too many wait.
    fn print(&self, line: &str) {
        let _ = self.lines.try_send(Some(format!("{line}\n")));
    }
}

/// The time of day in UTC, as in the vendor's timestamps.
fn clock(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    format!(
        "{:02}:{:02}:{:02}Z",
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60
    )
}

fn warn(text: &str) {
    // Where nobody reads it, there is nothing else to do.
    let _ = writeln!(io::stderr(), "ccpostback: {text}");
}

const MAX_PATH: usize = 200;
