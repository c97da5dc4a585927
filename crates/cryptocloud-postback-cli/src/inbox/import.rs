//! `ccpostback inbox import`

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use cryptocloud_postback_inbox::{LostReport, Receipt, Report, Start};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    store::{Store, StoreOptions},
    view,
};
use crate::output;

/// Store the postbacks that your service could not store, from its log
///
/// While its store is down, a service responds with 503 and logs each postback as an error with a
/// field "report". This command finds these reports in any log format, and stores each as received;
/// the workers of your service handle them. It runs no handler. Payments already stored stay as they
/// are, so the command may run again, also after Ctrl-C, and the vendor may send the same postbacks
/// again.
///
/// The reports in a log are not signed: an attacker who can write such lines to your log can report
/// payments. Look at them first with --dry-run.
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// The log, or - for standard input
    file: PathBuf,

    /// List the reports in the log, and store nothing; no store is needed
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(
    args: &Args,
    project: Option<String>,
    store: &StoreOptions,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let unreadable = || format!("cannot read {}", args.file.display());
    let mut log: Box<dyn BufRead> = if args.file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&args.file).with_context(unreadable)?;
        Box::new(BufReader::new(file))
    };
    let store = if args.dry_run {
        None
    } else {
        Some(store.open().await?)
    };
    let mut summary = Summary::default();
    let mut bytes = Vec::new();
    // The program has nothing else to do, so a read may block.
    while log.read_until(b'\n', &mut bytes).with_context(unreadable)? > 0 {
        summary.lines += 1;
        for report in find(&String::from_utf8_lossy(&bytes)) {
            let Some(report) = report else {
                summary.fail("the report was cut off, changed, or written by a newer version");
                continue;
            };
            let name = report.identity.project();
            if project.as_deref().is_some_and(|wanted| wanted != name) {
                summary.other_projects += 1;
            } else if let Some(store) = &store {
                let stored = summary.store(&report, store).await;
                stored.with_context(|| format!("stopped at line {}: {AGAIN}", summary.lines))?;
            } else {
                let line = [("line", json!(summary.lines))].into_iter();
                summary
                    .reports
                    .push(line.chain(view::reported(&report)).collect());
            }
        }
        bytes.clear();
    }
    let failed = !summary.failed.is_empty();
    let value = serde_json::to_value(summary)?;
    output::print_result(json, &value, || view::text(&value))?;
    Ok(ExitCode::from(u8::from(failed)))
}

/// The reports in a line of a log, whatever its format. `None` stands for what cannot be read.
fn find(line: &str) -> Vec<Option<Report>> {
    let read = |rest| match LostReport::find(&format!("{MARKER}{rest}")) {
        Some(Ok(LostReport(report))) => Some(report),
        _ => None,
    };
    let mut found: Vec<_> = line.split(MARKER).skip(1).map(read).collect();
    // If the logger has cut the line short, the message is all that remains.
    if found.is_empty() && MESSAGES.iter().any(|message| line.contains(message)) {
        found.push(None);
    }
    found
}

/// What became of the reports in a log.
#[derive(Default, Serialize)]
struct Summary {
    lines: u64,
    /// New.
    stored: u64,
    /// The same report was stored before.
    known: u64,
    /// Not of the wanted project.
    other_projects: u64,
    /// What is not stored: unreadable, or refused by the store.
    failed: Vec<Value>,
    /// What a dry run found.
    reports: Vec<Value>,
}

impl Summary {
    async fn store(&mut self, report: &Report, store: &Store) -> anyhow::Result<()> {
        match store.inbox().receive(report, Start::Stored).await {
            Ok(Receipt::Stored { is_new: false, .. }) => self.known += 1,
            Ok(_) => self.stored += 1,
            Err(error) => match error.refusal() {
                Some(refusal) => self.fail(&refusal.to_string()),
                None => return Err(store.explain(error.into())),
            },
        }
        Ok(())
    }

    fn fail(&mut self, problem: &str) {
        let line = self.lines;
        self.failed
            .push(json!({ "line": line, "problem": problem }));
    }
}

/// What every version of [`LostReport`] begins with.
const MARKER: &str = "ccpostback-report:";

/// What the inbox logs with a report.
const MESSAGES: [&str; 2] = [
    "postback was not stored: ",
    "postback of another project was not stored: ",
];

const AGAIN: &str = "what is stored stays, so run the same command again";

const AFTER_HELP: &str = "\
Examples:
  ccpostback inbox import --dry-run shop.log
  DATABASE_URL=postgres://shop:PASSWORD@db.example/shop \\
    ccpostback inbox import shop.log
  journalctl -u shop -o cat --since today |
    ccpostback inbox import --database-url sqlite:shop.db -

A report that was cut off or changed, or that the store refused, is listed with
the number of its line. Look for the whole line in another copy of the log, or
for the payment in the vendor's account.

Exit code: 0 if every report is stored, 1 if one is not, or 2 if the command
could not run or had to stop.";
