//! The output: rows for people, or lines of JSON for programs.

use std::{
    io::{self, IsTerminal},
    iter,
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use reqwest::Url;
use serde::Serialize;
use serde_json::json;
use textwrap::{Options, WordSplitter};
use tokio::{sync::oneshot, time};

use super::{
    app::App,
    entry::{Entry, Verdict},
    resend::Resend,
    view::Summary,
};
use crate::{
    output::{self, BAD, Escaped, GOOD, WARN, json_line, print},
    server,
};

/// Prints in a thread of its own, so that a blocked reader of the output does not delay a postback.
pub(super) struct Terminal {
    counts: Mutex<Counts>,
    lines: mpsc::Sender<Printed>,
}

/// Lines, and what is dropped once they are printed.
type Printed = (String, Option<oneshot::Sender<()>>);

/// How many postbacks arrived, and how many of them could not be forwarded.
#[derive(Clone, Copy, Default, Serialize)]
struct Counts {
    not_forwarded: u64,
    refused: u64,
    unchecked: u64,
    verified: u64,
}

impl Terminal {
    pub(super) fn new() -> Self {
        let (lines, queue) = mpsc::channel::<Printed>();
        thread::spawn(move || {
            for (lines, printed) in queue {
                // If standard output is closed, the page still works.
                let _ = print(&lines);
                drop(printed);
            }
        });
        Self {
            counts: Mutex::default(),
            lines,
        }
    }

    /// Prints the addresses, and warnings about the arguments.
    pub(super) fn started(&self, app: &App) {
        let (url, page) = (app.url(), format!("{}/", app.origin()));
        let forward = app.args.forward.as_ref().map(Url::as_str);
        self.print(if app.args.json {
            let start = json!({ "forward": forward, "page": page, "url": url });
            line(app, "start", start)
        } else {
            let forward = forward.map(|url| format!("forwarding to {url}\n"));
            let forward = forward.unwrap_or_default();
            format!("listening on {url}\npage at {page}\n{forward}")
        });
        if app.verifier.is_none() {
            output::print_error("signatures are not checked: set CRYPTOCLOUD_SECRET_KEY");
        }
        let meaning = "sees the postbacks, with tokens that stay valid for minutes";
        server::warn_if_open(app.address, meaning);
    }

    /// Prints what arrived, for a program.
    pub(super) fn arrived(&self, app: &App, entry: &Entry) {
        if app.args.json {
            self.print(line(app, "arrival", Summary::of(entry)));
        }
    }

    /// Prints a postback and the response to it; for a program only if it was forwarded.
    pub(super) fn responded(&self, app: &App, entry: &Entry) {
        self.counts().add(entry);
        if !app.args.json {
            self.print(rows(app, &Summary::of(entry)));
        } else if entry.forward.is_some() {
            self.print(line(app, "forward", Summary::of(entry)));
        }
    }

    /// Prints that a postback was sent to the wrong path.
    pub(super) fn wrong_path(&self, app: &App, path: &str) {
        let expected = &app.args.path;
        self.print(if app.args.json {
            let wrong = json!({ "expected": expected, "path": path });
            line(app, "wrong-path", wrong)
        } else {
            let path = app.hide_secrets(path.to_owned());
            let path = Escaped(&path);
            format!("{WARN}wrong path{WARN:#} {path}: send postbacks to {expected}\n")
        });
    }

    /// Prints the counts, and waits until all is printed, but not for long if the reader is blocked.
    pub(super) async fn finish(&self, app: &App) {
        let counts = *self.counts();
        let last = if app.args.json {
            line(app, "end", json!({ "counts": counts }))
        } else {
            format!(
                "postbacks: {} verified, {} refused, {} not checked, {} not forwarded\n",
                counts.verified, counts.refused, counts.unchecked, counts.not_forwarded
            )
        };
        let (done, printed) = oneshot::channel();
        let _ = self.lines.send((last, Some(done)));
        let _ = time::timeout(Duration::from_secs(1), printed).await;
    }

    fn print(&self, lines: String) {
        // The thread goes on as long as there is a sender.
        let _ = self.lines.send((lines, None));
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn add(&mut self, entry: &Entry) {
        *match entry.verdict() {
            Verdict::Refused => &mut self.refused,
            Verdict::Unchecked => &mut self.unchecked,
            Verdict::Verified => &mut self.verified,
        } += 1;
        let exchange = entry.exchange();
        let is_failed = exchange.is_some_and(|exchange| exchange.result.is_err());
        self.not_forwarded += u64::from(is_failed);
    }
}

fn line(app: &App, event: &str, data: impl Serialize) -> String {
    #[derive(Serialize)]
    struct Line<'a, T> {
        event: &'a str,
        #[serde(flatten)]
        data: T,
    }
    // Values with names that are strings always serialize.
    let json = serde_json::to_string(&Line { event, data }).unwrap_or_default();
    json_line(&app.hide_secrets(json))
}

/// A row, and notes below it about what went wrong, within 80 columns of a terminal.
fn rows(app: &App, entry: &Summary<'_>) -> String {
    let (style, verdict) = match entry.verdict {
        Verdict::Refused => (BAD, "refused"),
        Verdict::Unchecked => (WARN, "not checked"),
        Verdict::Verified => (GOOD, "verified"),
    };
    let payload = entry.report.postback.as_ref();
    let field = |name| payload?.get(name)?.as_str();
    let amount = field("amount_crypto").zip(field("currency"));
    let amount = amount.map(|(amount, currency)| format!("{amount} {currency}"));
    let about = [
        entry.report.invoice_id.as_deref().or(Some(entry.method)),
        field("order_id"),
        amount.as_deref(),
    ];
    let about = app.hide_secrets(about.into_iter().flatten().collect::<Vec<_>>().join("  "));
    let row = format!(
        "{}Z {:<5} {style}{verdict:<11}{style:#} {}  {}",
        entry.received_at.get(11..19).unwrap_or_default(),
        format!("#{}", entry.id),
        entry.status.unwrap_or_default(),
        Escaped(&about),
    );
    let resend = entry.resend.map(|Resend { of, signed_anew }| {
        let anew = if signed_anew { ", signed anew" } else { "" };
        format!("resend of #{of}{anew}")
    });
    let notes = [resend.as_deref(), entry.reason, entry.not_forwarded];
    let notes = notes.into_iter().flatten();
    let notes = notes.map(|note| format!("{INDENT}{}", Escaped(note)));
    let is_terminal = io::stdout().is_terminal();
    // In a pipe or a file a line stays whole, so that it can be searched for.
    let options = Options::new(if is_terminal { 80 } else { usize::MAX })
        .subsequent_indent(INDENT)
        .word_splitter(WordSplitter::NoHyphenation);
    let lines = iter::once(row).chain(notes);
    lines
        .map(|line| textwrap::fill(&line, &options) + "\n")
        .collect()
}

const INDENT: &str = "                ";
