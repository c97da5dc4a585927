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
    let (end, ended) = oneshot::channel();
    if app.verifier.is_none() {
        server::warn("signatures are not checked: set CRYPTOCLOUD_SECRET_KEY");
    }
    server::warn_if_open(
        app.address,
        "sees the postbacks, with tokens that stay valid for minutes",
    );
    thread::spawn(move || {
        run(&app, &events);
        // Without a receiver, nothing waits for the output.
        let _ = end.send(());
    });
    ended
}

fn run(app: &App, events: &Receiver<Event>) {
    let mut counts = Counts::default();
    write(&heading(app));
    for event in events {
        if let Event::Response(entry) = &event {
            counts.add(entry);
        }
        write(&if app.args.json {
            object(app, &event, &counts)
        } else {
            text(app, &event, &counts)
        });
        if matches!(event, Event::End) {
            break;
        }
    }
}

/// If standard output is closed, the page still works.
fn write(text: &str) {
    let _ = print(text);
}

fn heading(app: &App) -> String {
    let (page, url) = (format!("{}/", app.origin()), app.url());
    let forward = app.args.forward.as_ref().map(Url::as_str);
    if app.args.json {
        let start = json!({ "forward": forward, "page": page, "url": url });
        return line(app, "start", start);
    }
    let heading = format!("listening on {url}\npage at {page}\n");
    match forward {
        Some(url) => format!("{heading}forwarding to {url}\n"),
        None => heading,
    }
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
        Event::End => counts.line() + "\n",
        Event::Response(entry) => rows(app, &Summary::of(entry)),
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
    let resend = entry.resend.map(|resend| resend.to_string());
    let notes = [resend.as_deref(), entry.reason, entry.not_forwarded];
    let notes = notes.into_iter().flatten();
    let notes = notes.map(|note| format!("{INDENT}{}", Escaped(note)));
    let is_terminal = io::stdout().is_terminal();
    let wrapped = |line: String| {
        // Elsewhere a line stays whole, to search for.
        let options = Options::new(if is_terminal { 80 } else { usize::MAX })
            .subsequent_indent(INDENT)
            .word_splitter(WordSplitter::NoHyphenation);
        textwrap::fill(&line, options) + "\n"
    };
    iter::once(row).chain(notes).map(wrapped).collect()
}

impl Counts {
    fn add(&mut self, entry: &Entry) {
        *match entry.verdict() {
            Verdict::Refused => &mut self.refused,
            Verdict::Unchecked => &mut self.unchecked,
            Verdict::Verified => &mut self.verified,
        } += 1;
        let exchange = entry.exchange();
        self.not_forwarded += u64::from(exchange.is_some_and(|exchange| exchange.result.is_err()));
    }

    /// One line, with what there was.
    fn line(&self) -> String {
        let parts = [
            (self.verified, "verified"),
            (self.refused, "refused"),
            (self.unchecked, "not checked"),
            (self.not_forwarded, "not forwarded"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        match self.verified + self.refused + self.unchecked {
            0 => "no postback arrived".to_owned(),
            1 => format!("1 postback: {}", parts.join(", ")),
            sum => format!("{sum} postbacks: {}", parts.join(", ")),
        }
    }
}

const INDENT: &str = "                ";
