//! `ccpostback inbox list`, `show` and `counts`

use std::{cmp::Reverse, process::ExitCode};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use cryptocloud_postback::InvoiceId;
use cryptocloud_postback_inbox::{Counts, Record, ReportId, State};
use serde_json::{Value, json};

use super::{opened::Opened, view};
use crate::output;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
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
        value_parser = clap::value_parser!(u16).range(1..=10_000)
    )]
    limit: u16,
}

pub(super) async fn list(args: &Args, inbox: &Opened) -> anyhow::Result<ExitCode> {
    let mut records = Vec::new();
    if let Some(id) = &args.invoice_id {
        records = inbox.store().find(&inbox.project, id.as_str()).await?;
    } else {
        for state in &args.state {
            records.extend(newest(inbox, *state, args.limit).await?);
        }
    }
    records.sort_by_key(|record| Reverse(record.id));
    records.truncate(args.limit.into());
    if records.is_empty() {
        output::print_error(inbox.missing("such reports").await?);
    }
    let values = records.iter().map(view::json).collect();
    inbox.print(&values, |_| view::table(&records))
}

/// The newest reports in a state. A store lists the oldest first, from a cursor on, so this bisects to
/// the cursor after which no more than these follow.
async fn newest(inbox: &Opened, state: State, limit: u16) -> anyhow::Result<Vec<Record>> {
    let page = async |after| {
        let (store, after) = (inbox.store(), Some(ReportId::from_number(after)));
        let page = store.list(&inbox.project, state, after, u32::from(limit) + 1);
        page.await
    };
    let is_too_long = |page: &[Record]| page.len() > limit.into();
    let mut found = page(0).await?;
    let (mut low, mut high) = (0, if is_too_long(&found) { LAST } else { 0 });
    while high - low > 1 {
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

pub(super) async fn show(id: ReportId, inbox: &Opened) -> anyhow::Result<ExitCode> {
    let (store, project) = (inbox.store(), &inbox.project);
    let Some(record) = store.get(project, id).await? else {
        return Ok(inbox.fail(&inbox.missing("such report").await?));
    };
    let history = store.history(project, id).await?;
    let mut credited = Vec::new();
    let invoice = record.report.invoice_id().as_str();
    for other in store.find(project, invoice).await? {
        if other.id != id && other.state == State::Done {
            let history = store.history(project, other.id).await?;
            credited.push(view::credited(&other, &history));
        }
    }
    let mut value = view::json(&record);
    let info = record.report.fields.invoice_info.as_deref();
    let info: Option<Value> = info.and_then(|info| serde_json::from_str(info).ok());
    value["invoice_info"] = info.into();
    value["history"] = history.iter().map(view::decision).collect();
    value["already_credited"] = credited.into();
    inbox.print(&value, view::text)
}

pub(super) async fn counts(inbox: &Opened) -> anyhow::Result<ExitCode> {
    let counts = inbox.store().counts(&inbox.project).await?;
    let oldest = inbox.store().oldest_unfinished(&inbox.project).await?;
    if counts == Counts::default() {
        output::print_error(inbox.missing("unfinished reports").await?);
    }
    let value = json!({
        "received": counts.received,
        "running": counts.running,
        "failed": counts.failed,
        "held": counts.held,
        "conflict": counts.conflict,
        "oldest_unfinished_seconds": oldest.map(|age| age.as_secs()),
    });
    inbox.print(&value, view::text)
}

fn state() -> impl TypedValueParser<Value = State> {
    PossibleValuesParser::new(State::ALL.map(State::as_str))
        .try_map(|name| State::from_name(&name).ok_or("no such state"))
}

/// No store numbers its reports that high.
const LAST: i64 = 1 << 53;
