//! `ccpostback inbox import`

mod lines;
mod summary;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, anyhow, bail};
use cryptocloud_postback_inbox::{Receipt, Report, Start, StoreErrorKind};
use tokio::signal;

use self::{
    lines::{Found, Lines},
    summary::Summary,
};
use super::{
    problem::explain,
    store::{Address, Store, StoreOptions},
};
use crate::output;

/// Store the postbacks that your service could not store, from its log
///
/// While its store is down, a service responds with 503 and logs each postback as an error with a
/// field "report". This command finds these reports in any log format, and stores each as received;
/// the workers of your service handle them. It runs no handler. Payments already stored stay as they
/// are, so the command may run again, and the vendor may send the same postbacks again.
///
/// The reports in a log are not signed: an attacker who can write such lines to your log can report
/// payments. Look at them first with --dry-run.
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// The log, or - for standard input
    file: PathBuf,

    /// Import only the reports of this project
    #[arg(long, value_name = "NAME")]
    project: Option<String>,

    /// List the reports in the log, and store nothing; no store is needed
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: &Args, store: &StoreOptions, json: bool) -> anyhow::Result<ExitCode> {
    let mut summary = Summary::new(args.dry_run);
    let ended = tokio::select! {
        imported = import(args, store, &mut summary) => imported.map(|()| true),
        interrupted = signal::ctrl_c() => {
            interrupted.context("cannot wait for Ctrl-C").map(|()| false)
        }
    };
    summary.complete = matches!(ended, Ok(true));
    // What is stored already is worth knowing also after an error.
    if summary.complete || summary.has_begun() {
        output::print_result(json, &summary, || summary.text())?;
    }
    if ended? {
        Ok(ExitCode::from(summary.exit_code()))
    } else {
        output::print_error(format_args!("interrupted: {AGAIN}"));
        Ok(ExitCode::from(output::INTERRUPTED))
    }
}

async fn import(args: &Args, store: &StoreOptions, summary: &mut Summary) -> anyhow::Result<()> {
    let mut lines = Lines::open(&args.file)?;
    let target = if args.dry_run {
        None
    } else {
        Some(store.open().await?)
    };
    while let Some(found) = lines.next().await {
        let (line, report) = match found? {
            Found::Report { line, report } => (line, report),
            Found::Unreadable { line, problem } => {
                summary.unreadable(line, problem);
                continue;
            }
            Found::End { lines } => {
                summary.lines = lines;
                continue;
            }
        };
        let project = report.identity.project();
        if args.project.as_deref().is_some_and(|only| only != project) {
            summary.other_projects += 1;
            continue;
        }
        match &target {
            None => summary.list(line, &report),
            Some((address, store)) => store_one(address, store, line, &report, summary).await?,
        }
    }
    Ok(())
}

async fn store_one(
    address: &Address,
    store: &Store,
    line: u64,
    report: &Report,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    match store.inbox().receive(report, Start::Stored).await {
        Ok(Receipt::Stored { state, is_new, .. }) => summary.stored(state, is_new),
        Ok(Receipt::Claimed(_)) => bail!("line {line}: the store started the payment"),
        Err(error) => match error.kind() {
            StoreErrorKind::Refused(refusal) => summary.refused(line, refusal),
            _ => {
                let error = explain(address, &error);
                return Err(anyhow!("stopped at line {line}: {error:#}; {AGAIN}"));
            }
        },
    }
    Ok(())
}

const AGAIN: &str = "what is stored stays, so run the same command again";

const AFTER_HELP: &str = "\
Examples:
  ccpostback inbox import --dry-run shop.log
  DATABASE_URL=postgres://shop:PASSWORD@db.example/shop \\
    ccpostback inbox import shop.log
  journalctl -u shop -o cat --since today |
    ccpostback inbox import --database-url sqlite:shop.db -
  ccpostback inbox import --redis-url redis://127.0.0.1/ shop.log

A report that was cut off or changed, or that the store refused, is listed with
the number of its line.

Exit code: 0 if every report is stored, 1 if one is not, 2 if the command could
not run or had to stop, and 130 after Ctrl-C.";
