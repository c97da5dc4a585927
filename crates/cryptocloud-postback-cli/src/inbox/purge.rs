//! `ccpostback inbox purge`

use std::{process::ExitCode, time::Duration};

use cryptocloud_postback_inbox::{Fields, Purge, Record, State};
use serde_json::json;

use super::{consent::Consent, opened::Opened};

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Only payments that were done or discarded at least this many days ago
    #[arg(long, value_name = "DAYS")]
    older_than: u32,

    /// Count them, and change nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    consent: Consent,
}

pub(super) async fn run(args: &Args, inbox: &Opened<'_>) -> anyhow::Result<ExitCode> {
    let days = args.older_than;
    let age = Duration::from_secs(u64::from(days) * 86_400);
    let found = count(inbox, age).await?;
    let what = format!("{found} payments were done or discarded at least {days} days ago");
    let mut purged: u64 = 0;
    if !args.dry_run && found > 0 {
        let question = format!("{what}.\nClear their reported fields? That is final.");
        if !args.consent.is_given(&question)? {
            return Ok(inbox.fail("nothing was changed"));
        }
        loop {
            let cleared = inbox.store().purge(inbox.project, age, Purge::Fields, PAGE);
            let cleared = inbox.result(cleared.await)?;
            purged = purged.saturating_add(cleared);
            if cleared < u64::from(PAGE) {
                break;
            }
        }
    }
    inbox.print(&json!({ "found": found, "purged": purged }), || {
        format!("{what}; {purged} are cleared now\n")
    })
}

/// How many a purge would clear.
async fn count(inbox: &Opened<'_>, age: Duration) -> anyhow::Result<u64> {
    let now = inbox.result(inbox.store().now().await)?;
    let is_due = |record: &&Record| {
        let is_old = record
            .settled_at
            .is_some_and(|at| at.saturating_add(age) <= now);
        is_old && record.report.fields != Fields::default()
    };
    let mut count: usize = 0;
    for state in [State::Done, State::Discarded] {
        let mut after = None;
        loop {
            let page = inbox.store().list(inbox.project, state, after, PAGE);
            let page = inbox.result(page.await)?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            count = count.saturating_add(page.iter().filter(is_due).count());
        }
    }
    Ok(u64::try_from(count)?)
}

const PAGE: u32 = 1_000;

pub(super) const HELP: &str = "\
Examples:
  export DATABASE_URL=postgres://shop:PASSWORD@db.example/shop
  ccpostback inbox purge --project shop --older-than 90 --dry-run
  ccpostback inbox purge --project shop --older-than 90 --yes

Exit code: 0, 1 if you said no, or 2 if the command could not run.";
