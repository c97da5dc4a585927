//! `ccpostback inbox purge`

use std::{process::ExitCode, time::Duration};

use cryptocloud_postback_inbox::{Fields, Purge, Record, State};
use serde::Serialize;

use super::{
    consent::Consent,
    opened::{InboxOptions, Opened},
};
use crate::output;

/// Clear the reported fields of payments that were done or discarded long ago
///
/// Your service does so by itself after its retention. The payments stay known, so that a late resend
/// is not credited again.
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Only payments that were done or discarded at least this many days ago
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32))]
    older_than: u32,

    /// Count them, and change nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    consent: Consent,

    #[command(flatten)]
    pub(super) inbox: InboxOptions,
}

/// How many there are.
#[derive(Serialize)]
struct Purged {
    found: u64,
    purged: u64,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if !args.dry_run {
        args.consent.check()?;
    }
    let inbox = args.inbox.open().await?;
    let age = Duration::from_secs(u64::from(args.older_than) * 86_400);
    let mut purged = Purged {
        found: count(&inbox, age).await?,
        purged: 0,
    };
    let days = args.older_than;
    let found = format!(
        "{} payments were done or discarded at least {days} days ago.",
        purged.found
    );
    if !args.dry_run && purged.found > 0 {
        let question = format!("{found}\nClear their reported fields? That is final.");
        if !args.consent.is_given(&question)? {
            output::print_failure(args.inbox.json, "nothing was changed");
            return Ok(ExitCode::FAILURE);
        }
        loop {
            let store = inbox.store();
            let cleared = store.purge(inbox.project(), age, Purge::Fields, PAGE).await;
            let cleared = inbox.result(cleared)?;
            purged.purged = purged.purged.saturating_add(cleared);
            if cleared < u64::from(PAGE) {
                break;
            }
        }
    }
    output::print_result(args.inbox.json, &purged, || {
        format!("{found}\n{} are cleared now.\n", purged.purged)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// How many a purge would clear.
async fn count(inbox: &Opened<'_>, age: Duration) -> anyhow::Result<u64> {
    let now = inbox.result(inbox.store().now().await)?;
    let is_due = |record: &Record| {
        let settled = record.settled_at.map(|at| at.saturating_add(age));
        settled.is_some_and(|due| due <= now) && record.report.fields != Fields::default()
    };
    let mut count = 0;
    for state in [State::Done, State::Discarded] {
        let mut after = None;
        loop {
            let page = inbox
                .store()
                .list(inbox.project(), state, after, PAGE)
                .await;
            let page = inbox.result(page)?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            count += page
                .iter()
                .map(|record| u64::from(is_due(record)))
                .sum::<u64>();
        }
    }
    Ok(count)
}

const PAGE: u32 = 1_000;

const AFTER_HELP: &str = "\
Examples:
  export DATABASE_URL=postgres://shop:PASSWORD@db.example/shop
  ccpostback inbox purge --project shop --older-than 90 --dry-run
  ccpostback inbox purge --project shop --older-than 90 --yes

Exit code: 0, 1 if you said no, or 2 if the command could not run.";
