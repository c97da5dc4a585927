//! The output: rows for people, or lines of JSON for programs.

use std::{
    io::{self, IsTerminal},
    iter,
    sync::{Arc, mpsc::Receiver},
    thread,
};

use reqwest::Url;
use serde::Serialize;
use serde_json::json;
use textwrap::{Options, WordSplitter};
use tokio::sync::oneshot;

use super::{
    app::App,
    entry::{Entry, Verdict},
    resend::Resend,
    view::Summary,
};
use crate::{
    output::{BAD, Escaped, GOOD, WARN, json_line, print},
    server,
};

/// What is printed.
pub(super) enum Event {
    Arrival(Arc<Entry>),
    End,
    Response(Arc<Entry>),
    Start,
    /// A postback was sent to this path.
    WrongPath(String),
}

/// How many postbacks arrived, and how many of them could not be forwarded.
#[derive(Default, Serialize)]
struct Counts {
    not_forwarded: u64,
    refused: u64,
    unchecked: u64,
    verified: u64,
}

/// Prints in a thread of its own, so that a blocked reader of the output does not delay a postback.
///
/// The receiver resolves after the last event.
pub(super) fn start(app: Arc<App>, events: Receiver<Event>) -> oneshot::Receiver<()> {
    if app.verifier.is_none() {
        server::warn("signatures are not checked: set CRYPTOCLOUD_SECRET_KEY");
    }
    let meaning = "sees the postbacks, with tokens that stay valid for minutes";
    server::warn_if_open(app.address, meaning);
    let (end, ended) = oneshot::channel();
    thread::spawn(move || {
        let mut counts = Counts::default();
        for event in iter::once(Event::Start).chain(events) {
            if let Event::Response(entry) = &event {
                counts.add(entry);
            }
            let line = if app.args.json {
                object(&app, &event, &counts)
            } else {
                text(&app, &event, &counts)
            };
            // If standard output is closed, the page still works.
            let _ = print(&line);
            if matches!(event, Event::End) {
                break;
            }
        }
        drop(end);
    });
    ended
}

/// A line for programs, or nothing.
fn object(app: &App, event: &Event, counts: &Counts) -> String {
    match event {
        Event::Arrival(entry) => line(app, "arrival", Summary::of(entry)),
        Event::End => line(app, "end", json!({ "counts": counts })),
        Event::Response(entry) if entry.forward.is_some() => {
            line(app, "forward", Summary::of(entry))
        }
        Event::Response(_) => String::new(),
        Event::Start => {
            let forward = app.args.forward.as_ref().map(Url::as_str);
            let page = format!("{}/", app.origin());
            let start = json!({ "forward": forward, "page": page, "url": app.url() });
            line(app, "start", start)
        }
        Event::WrongPath(path) => {
            let wrong = json!({ "expected": app.args.path, "path": path });
            line(app, "wrong-path", wrong)
        }
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

/// Lines for people, or nothing.
fn text(app: &App, event: &Event, counts: &Counts) -> String {
    match event {
        Event::Arrival(_) => String::new(),
        Event::End => format!(
            "postbacks: {} verified, {} refused, {} not checked, {} not forwarded\n",
            counts.verified, counts.refused, counts.unchecked, counts.not_forwarded
        ),
        Event::Response(entry) => rows(app, &Summary::of(entry)),
        Event::Start => {
            let forward = app.args.forward.as_ref();
            let forward = forward.map(|url| format!("forwarding to {url}\n"));
            let (url, page) = (app.url(), app.origin());
            let forward = forward.unwrap_or_default();
            format!("listening on {url}\npage at {page}/\n{forward}")
        }
        Event::WrongPath(path) => {
            let (path, expected) = (app.hide_secrets(path.clone()), &app.args.path);
            format!(
                "{WARN}wrong path{WARN:#} {}: send postbacks to {expected}\n",
                Escaped(&path)
            )
        }
    }
}

/// A row, and notes below it about what went wrong, within 80 columns of a terminal.
fn rows(app: &App, entry: &Summary<'_>) -> String {
    let (style, verdict) = match entry.verdict {
        Verdict::Refused => (BAD, "refused"),
        Verdict::Unchecked => (WARN, "not checked"),
        Verdict::Verified => (GOOD, "verified"),
    };
    let payload = entry.report.postback.as_ref();
    let amount = payload.and_then(|payload| {
        let currency = payload.currency.as_deref()?;
        Some(format!("{} {currency}", payload.amount_crypto?))
    });
    let about = [
        entry.report.invoice_id.as_deref().or(Some(entry.method)),
        payload.and_then(|payload| payload.order_id.as_deref()),
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
    // Elsewhere a line stays whole, to search for.
    let options = Options::new(if is_terminal { 80 } else { usize::MAX })
        .subsequent_indent(INDENT)
        .word_splitter(WordSplitter::NoHyphenation);
    let lines = iter::once(row).chain(notes);
    lines
        .map(|line| textwrap::fill(&line, &options) + "\n")
        .collect()
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

const INDENT: &str = "                ";
