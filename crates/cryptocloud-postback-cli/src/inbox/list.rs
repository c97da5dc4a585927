//! `ccpostback inbox list`, `show` and `counts`

use std::{cmp::Reverse, process::ExitCode};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use cryptocloud_postback::InvoiceId;
use cryptocloud_postback_inbox::{Record, ReportId, State};
use serde_json::json;

use super::{
    opened::{InboxOptions, Opened},
    view::{self, Details, Shown},
};
use crate::{output, report::Seconds};

/// List stored payments, the newest first
#[derive(clap::Args, Debug)]
#[command(after_help = LIST_HELP)]
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
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,

    #[command(flatten)]
    pub(super) inbox: InboxOptions,
}

/// Show a stored payment, with the decisions about it
#[derive(clap::Args, Debug)]
#[command(after_help = SHOW_HELP)]
pub(super) struct ShowArgs {
    /// The number of the report, as in `list`
    id: ReportId,

    #[command(flatten)]
    pub(super) inbox: InboxOptions,
}

/// Count the payments that are not finished
#[derive(clap::Args, Debug)]
#[command(after_help = COUNTS_HELP)]
pub(super) struct CountsArgs {
    #[command(flatten)]
    pub(super) inbox: InboxOptions,
}

pub(super) async fn list(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let inbox = args.inbox.open().await?;
    let mut records = match &args.invoice_id {
        Some(id) => inbox.result(inbox.store().find(inbox.project(), id.as_str()).await)?,
        None => {
            let mut records = Vec::new();
            for state in &args.state {
                records.extend(newest(&inbox, *state, args.limit).await?);
            }
            records
        }
    };
    records.sort_by_key(|record| Reverse(record.id));
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let shown: Vec<Shown> = records.iter().take(limit).map(Shown::from).collect();
    output::print_result(args.inbox.json, &shown, || {
        if shown.is_empty() {
            return format!(
                "project {}: no such reports\n",
                output::Escaped(inbox.project())
            );
        }
        let rows = shown.iter().map(Shown::row);
        view::head() + &rows.collect::<String>()
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The newest reports in a state. A store lists from a cursor on, the oldest first, so this bisects to
/// the cursor that leaves just as many.
async fn newest(inbox: &Opened<'_>, state: State, limit: u32) -> anyhow::Result<Vec<Record>> {
    let page = async |after: Option<i64>| {
        let after = after.map(ReportId::from_number);
        let store = inbox.store();
        let page = store.list(inbox.project(), state, after, limit.saturating_add(1));
        inbox.result(page.await)
    };
    let is_too_long =
        |page: &Vec<Record>| page.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    let mut found = page(None).await?;
    if !is_too_long(&found) {
        return Ok(found);
    }
    let (mut low, mut high) = (0, LAST);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let next = page(Some(middle)).await?;
        if is_too_long(&next) {
            low = middle;
        } else {
            high = middle;
            found = next;
        }
    }
    Ok(found)
}

pub(super) async fn show(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let inbox = args.inbox.open().await?;
    let Some(record) = inbox.get(args.id).await? else {
        output::print_failure(args.inbox.json, &inbox.unknown(args.id));
        return Ok(ExitCode::FAILURE);
    };
    let history = inbox.store().history(inbox.project(), args.id).await;
    let details = Details::new(&record, &inbox.result(history)?);
    output::print_result(args.inbox.json, &details, || details.text())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn counts(args: &CountsArgs) -> anyhow::Result<ExitCode> {
    let inbox = args.inbox.open().await?;
    let counts = inbox.result(inbox.store().counts(inbox.project()).await)?;
    let oldest = inbox.store().oldest_unfinished(inbox.project()).await;
    let oldest = inbox.result(oldest)?.map(|age| age.as_secs());
    let rows = [
        ("received", counts.received, "waits for a worker"),
        ("running", counts.running, "a worker is at work"),
        ("failed", counts.failed, "waits for the next attempt"),
        ("held", counts.held, "waits for an operator"),
        (
            "conflict",
            counts.conflict,
            "differs from another report of its payment",
        ),
    ];
    let mut object: serde_json::Map<_, _> = rows
        .iter()
        .map(|(state, count, _)| ((*state).to_owned(), json!(count)))
        .collect();
    object.insert("oldest_unfinished_seconds".to_owned(), json!(oldest));
    output::print_result(args.inbox.json, &object, || {
        let rows =
            rows.map(|(state, count, meaning)| format!("{state:<10}{count:>8}  {meaning}\n"));
        let oldest = oldest.map(|age| {
            format!(
                "the oldest that is not finished arrived {} ago\n",
                Seconds(age)
            )
        });
        rows.concat() + &oldest.unwrap_or_default()
    })?;
    Ok(ExitCode::SUCCESS)
}

fn state() -> impl TypedValueParser<Value = State> {
    PossibleValuesParser::new(State::ALL.map(State::as_str))
        .try_map(|name| State::from_name(&name).ok_or("no such state"))
}

/// No store numbers its reports that high.
const LAST: i64 = 1 << 53;

const LIST_HELP: &str = "\
Examples:
  export DATABASE_URL=postgres://shop:PASSWORD@db.example/shop
  ccpostback inbox list --project shop
  ccpostback inbox list --project shop --state done --limit 5 --json
  ccpostback inbox list --project shop --invoice-id ILRAJE1Q

Exit code: 0, also if the list is empty, or 2 if the command could not run.";

const SHOW_HELP: &str = "\
Examples:
  ccpostback inbox show --project shop 42 --database-url sqlite:shop.db

Exit code: 0, 1 if there is no such report, or 2 if the command could not run.";

const COUNTS_HELP: &str = "\
Examples:
  ccpostback inbox counts --project shop --database-url sqlite:shop.db --json

Exit code: 0, or 2 if the command could not run.";
