//! `ccpostback inbox accept`, `retry` and `discard`

use std::process::ExitCode;

use anyhow::{Context, bail};
use cryptocloud_postback::Amount;
use cryptocloud_postback_inbox::{
    Accepted, Decision, Event, Record, Refusal, ReportId, State, StoreErrorKind,
    transition::{Fact, Facts, Step, next},
};
use serde_json::{Value, json};

use super::{consent::Consent, opened::Opened, view};
use crate::output::Escaped;

#[derive(clap::Args, Debug)]
pub(super) struct AcceptArgs {
    /// The amount to credit, in the unit of the order's price
    #[arg(long)]
    amount: Amount,

    /// The order to credit [default: the one that your service finds by the invoice]
    #[arg(long, value_name = "ID")]
    order_id: Option<String>,

    #[command(flatten)]
    change: ChangeArgs,
}

#[derive(clap::Args, Debug)]
pub(super) struct ChangeArgs {
    /// The numbers of the reports, as in `list`
    #[arg(value_name = "ID", required = true)]
    ids: Vec<ReportId>,

    /// Who decides, for the history [default: your user name]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,

    #[command(flatten)]
    consent: Consent,
}

pub(super) async fn accept(args: &AcceptArgs, inbox: &Opened<'_>) -> anyhow::Result<ExitCode> {
    if args.change.ids.len() > 1 {
        bail!("accept one report at a time: each has an amount of its own");
    }
    let mut accepted = Accepted::new(args.amount);
    if let Some(id) = &args.order_id {
        accepted = accepted.order(&**id)?;
    }
    run(&args.change, inbox, Event::Accept, Some(&accepted)).await
}

/// Changes each report that the rules of the inbox let it change.
pub(super) async fn run(
    args: &ChangeArgs,
    inbox: &Opened<'_>,
    event: Event,
    accepted: Option<&Accepted>,
) -> anyhow::Result<ExitCode> {
    let mut decision = Decision::by(match &args.by {
        Some(by) => by.clone(),
        None => whoami::username().context("say who decides with --by")?,
    });
    if let Some(note) = &args.note {
        decision = decision.note(&**note);
    }
    let (mut planned, mut changed, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for id in &args.ids {
        match plan(inbox, event, *id).await? {
            Ok(record) => planned.push(record),
            Err(problem) => refused.push((*id, problem)),
        }
    }
    if !planned.is_empty() {
        let question = question(event, &planned, accepted, &decision);
        if !args.consent.is_given(&question)? {
            return Ok(inbox.fail("nothing was changed"));
        }
    }
    for record in planned {
        let (store, project, id) = (inbox.store(), inbox.project, record.id);
        let result = match (event, accepted) {
            (Event::Accept, Some(accepted)) => store.accept(project, id, accepted, &decision).await,
            (Event::Retry, _) => store.retry(project, id, &decision).await,
            _ => store.discard(project, id, &decision).await,
        };
        match result.map_err(|error| (error.kind(), error)) {
            Ok(()) => changed.push(inbox.get(id).await?.unwrap_or(record)),
            // A worker or another operator was faster.
            Err((StoreErrorKind::Refused(refusal), _)) => {
                let record = inbox.get(id).await?.unwrap_or(record);
                refused.push((id, words(inbox, event, &record, refusal).await?));
            }
            Err((StoreErrorKind::NotFound, _)) => refused.push((id, inbox.unknown(id))),
            Err((_, error)) => return inbox.result(Err(error)),
        }
    }
    let errors = refused
        .iter()
        .map(|(id, error)| json!({ "id": id.number(), "error": error }));
    let value = json!({
        "changed": changed.iter().map(view::json).collect::<Value>(),
        "refused": errors.collect::<Value>(),
    });
    inbox.print(&value, || {
        let done = match event {
            Event::Accept => "accepted: a worker of your service credits it",
            Event::Retry => "received again: a worker of your service handles it",
            _ => "discarded",
        };
        let done =
            |record: &Record| format!("report {}, {}: {done}\n", record.id, view::words(record));
        let refused = refused
            .iter()
            .map(|(_, error)| format!("refused: {}\n", Escaped(error)));
        changed.iter().map(done).chain(refused).collect()
    })?;
    Ok(ExitCode::from(u8::from(!refused.is_empty())))
}

/// The report if it can be changed, or else why not, in words.
async fn plan(
    inbox: &Opened<'_>,
    event: Event,
    id: ReportId,
) -> anyhow::Result<Result<Record, String>> {
    let Some(record) = inbox.get(id).await? else {
        return Ok(Err(inbox.unknown(id)));
    };
    let is_blocked = blocking(inbox, &record).await?.is_some();
    let facts = Facts::NONE.with(Fact::Blocked, is_blocked);
    Ok(match next(Some(record.state), event, facts) {
        Step::Refuse(refusal) => Err(words(inbox, event, &record, refusal).await?),
        _ => Ok(record),
    })
}

/// The other report of the same payment that is unfinished or done, if there is one.
async fn blocking(inbox: &Opened<'_>, record: &Record) -> anyhow::Result<Option<Record>> {
    let blocks = |other: &Record| {
        let is_same = other.report.identity == record.report.identity;
        is_same && other.id != record.id && other.state.blocks()
    };
    let reports = inbox.find(record.report.invoice_id()).await?;
    Ok(reports.into_iter().find(blocks))
}

/// Why the report cannot be changed.
async fn words(
    inbox: &Opened<'_>,
    event: Event,
    record: &Record,
    refusal: Refusal,
) -> anyhow::Result<String> {
    let (id, state) = (record.id, record.state);
    Ok(match (refusal, blocking(inbox, record).await?) {
        (Refusal::Blocked, Some(other)) => format!(
            "report {id} cannot be changed: {refusal}, report {}, which is {}",
            other.id, other.state
        ),
        (Refusal::State, _) => {
            let leads_on =
                |state: &State| matches!(next(Some(*state), event, Facts::NONE), Step::Become(_));
            let states = State::ALL.into_iter().filter(leads_on);
            let states: Vec<_> = states.map(State::as_str).collect();
            let command = format!("{event:?}").to_lowercase();
            let states = states.join(" or ");
            format!("report {id} is {state}: `{command}` needs one that is {states}")
        }
        _ => format!("report {id} cannot be changed: {refusal}"),
    })
}

/// What is about to happen.
fn question(
    event: Event,
    records: &[Record],
    accepted: Option<&Accepted>,
    decision: &Decision,
) -> String {
    let line = |record: &Record| {
        let (id, state) = (record.id, record.state);
        format!("report {id}, {state}: {}\n", view::words(record))
    };
    let by = Escaped(&decision.by).to_string();
    let what = match (event, accepted) {
        (Event::Accept, Some(accepted)) => format!(
            "Accept as {by}, and credit {}? A worker of your service does it at once.",
            Escaped(&view::named(accepted))
        ),
        (Event::Retry, _) => {
            format!("Retry as {by}? A worker of your service runs the handler at once.")
        }
        _ => format!("Discard as {by}? That is final: no order is paid by it."),
    };
    records.iter().map(line).collect::<String>() + &what
}

pub(super) const ACCEPT_HELP: &str = "\
Examples:
  export DATABASE_URL=postgres://shop:PASSWORD@db.example/shop
  ccpostback inbox accept --project shop 42 --amount 1.5
  ccpostback inbox accept --project shop 42 --amount 1.5 --order-id ORDER_1 \\
    --yes --by alice --note 'the customer paid the fee too'

Exit code: 0 if it was accepted, 1 if it was refused or you said no, or 2 if the
command could not run.";

pub(super) const RETRY_HELP: &str = "\
Examples:
  ccpostback inbox retry --project shop 42 43 --database-url sqlite:shop.db

Exit code: 0 if all are received again, 1 if one was refused or you said no, or
2 if the command could not run.";

pub(super) const DISCARD_HELP: &str = "\
Examples:
  ccpostback inbox discard --project shop 42 --note 'a test' \\
    --database-url sqlite:shop.db

Exit code: 0 if all are discarded, 1 if one was refused or you said no, or 2 if
the command could not run.";
