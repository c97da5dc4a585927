//! `ccpostback inbox list`, `show` and `counts`

use std::{cmp::Reverse, process::ExitCode, time::Duration};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use cryptocloud_postback::InvoiceId;
use cryptocloud_postback_inbox::{Record, ReportId, State};
use indicatif::HumanDuration;
use serde_json::{Value, json};

use super::{opened::Opened, view};
use crate::output::Escaped;

#[derive(clap::Args, Debug)]
pub(super) struct ListArgs {
    /// Only in these states
    #[arg(
        long,
        value_delimiter = ',',
        value_parser = state(),
        default_value = "held,conflict,failed"
    )]
    state: Vec<State>,

    /// Only of this invoice, in any state
    #[arg(long, value_name = "ID", conflicts_with = "state")]
    invoice_id: Option<InvoiceId>,

    /// List at most this many
    #[arg(
        long,
        value_name = "N",
        default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    limit: u32,
}

pub(super) async fn list(args: &ListArgs, inbox: &Opened<'_>) -> anyhow::Result<ExitCode> {
    let mut records = Vec::new();
    if let Some(id) = &args.invoice_id {
        records = inbox.find(id).await?;
    } else {
        for state in &args.state {
            records.extend(newest(inbox, *state, args.limit).await?);
        }
    }
    records.sort_by_key(|record| Reverse(record.id));
    records.truncate(usize::try_from(args.limit).unwrap_or(usize::MAX));
    let values: Vec<Value> = records.iter().map(view::json).collect();
    inbox.print(&values, || match &records[..] {
        [] => format!("project {}: no such reports\n", Escaped(inbox.project)),
        records => view::table(records),
    })
}

/// The newest reports in a state. A store lists from a cursor on, the oldest first, so this bisects to
/// the cursor that leaves just as many.
async fn newest(inbox: &Opened<'_>, state: State, limit: u32) -> anyhow::Result<Vec<Record>> {
    let page = async |after: i64| {
        let after = Some(ReportId::from_number(after));
        let one_more = limit.saturating_add(1);
        let page = inbox.store().list(inbox.project, state, after, one_more);
        inbox.result(page.await)
    };
    let is_too_long = |page: &[Record]| page.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut low, mut high) = (0, LAST);
    let mut found = page(low).await?;
    while is_too_long(&found) || (high < LAST && high - low > 1) {
        let middle = low + (high - low) / 2;
        let next = page(middle).await?;
        if is_too_long(&next) {
            low = middle;
        } else {
            high = middle;
            found = next;
        }
    }
    Ok(found)
}

pub(super) async fn show(id: ReportId, inbox: &Opened<'_>) -> anyhow::Result<ExitCode> {
    let Some(record) = inbox.get(id).await? else {
        return Ok(inbox.fail(&inbox.unknown(id)));
    };
    let history = inbox.store().history(inbox.project, id).await;
    let history = inbox.result(history)?;
    let details = view::details(&record, &history);
    inbox.print(&details, || view::text(&record, &history))
}

pub(super) async fn counts(inbox: &Opened<'_>) -> anyhow::Result<ExitCode> {
    let counts = inbox.result(inbox.store().counts(inbox.project).await)?;
    let oldest = inbox.store().oldest_unfinished(inbox.project).await;
    let oldest = inbox.result(oldest)?.map(|age| age.as_secs());
    let value = json!({
        "received": counts.received,
        "running": counts.running,
        "failed": counts.failed,
        "held": counts.held,
        "conflict": counts.conflict,
        "oldest_unfinished_seconds": oldest,
    });
    inbox.print(&value, || {
        let rows = [
            ("received", counts.received, "waits for a worker"),
            ("running", counts.running, "a worker holds the claim"),
            ("failed", counts.failed, "waits for the next attempt"),
            ("held", counts.held, "waits for an operator"),
            (
                "conflict",
                counts.conflict,
                "differs from another report of its payment",
            ),
        ];
        let rows = rows.map(|(state, count, what)| format!("{state:<10}{count:>8}  {what}\n"));
        let oldest = oldest.map(|age| {
            let age = HumanDuration(Duration::from_secs(age));
            format!("oldest unfinished: {age} ago\n")
        });
        rows.concat() + &oldest.unwrap_or_default()
    })
}

fn state() -> impl TypedValueParser<Value = State> {
    PossibleValuesParser::new(State::ALL.map(State::as_str))
        .try_map(|name| State::from_name(&name).ok_or("no such state"))
}

/// No store numbers its reports that high.
const LAST: i64 = 1 << 53;

pub(super) const LIST_HELP: &str = "\
Examples:
  export DATABASE_URL=postgres://shop:PASSWORD@db.example/shop
  ccpostback inbox list --project shop
  ccpostback inbox list --project shop --state done --limit 5 --json
  ccpostback inbox list --project shop --invoice-id ILRAJE1Q

Exit code: 0, also if the list is empty, or 2 if the command could not run.";

pub(super) const SHOW_HELP: &str = "\
Examples:
  ccpostback inbox show --project shop 42 --database-url sqlite:shop.db

Exit code: 0, 1 if there is no such report, or 2 if the command could not run.";

pub(super) const COUNTS_HELP: &str = "\
Examples:
  ccpostback inbox counts --project shop --database-url sqlite:shop.db --json

Exit code: 0, or 2 if the command could not run.";
