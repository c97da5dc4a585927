//! `ccpostback inbox accept`, `retry` and `discard`

use std::{fmt::Write as _, process::ExitCode};

use cryptocloud_postback::Amount;
use cryptocloud_postback_inbox::{
    Accepted, Decision, Event, Record, Refusal, ReportId, State, StoreErrorKind,
    transition::{Fact, Facts, Step, next},
};
use serde::Serialize;

use super::{
    consent::Consent,
    opened::{InboxOptions, Opened},
    view::Shown,
};
use crate::output::{self, Escaped};

/// Accept a payment that is held or in conflict, and name the amount to credit, and the order
///
/// It is received again, and a worker of your service runs the handler, which gets what you
/// name. At most one report of a payment can be credited.
#[derive(clap::Args, Debug)]
#[command(after_help = ACCEPT_HELP)]
pub(super) struct AcceptArgs {
    /// The number of the report, as in `list`
    #[arg(value_name = "ID", required = true)]
    id: ReportId,

    /// The amount to credit, in the unit of the order's price
    #[arg(long)]
    amount: Amount,

    /// The order to credit [default: the one that your service finds by the invoice]
    #[arg(long, value_name = "ID")]
    order_id: Option<String>,

    #[command(flatten)]
    pub(super) change: ChangeOptions,
}

/// Try payments again that failed or are held
///
/// They are received again with attempts and age reset, and a worker of your service runs the
/// handler.
#[derive(clap::Args, Debug)]
#[command(after_help = RETRY_HELP)]
pub(super) struct RetryArgs {
    /// The numbers of the reports, as in `list`
    #[arg(value_name = "ID", required = true)]
    ids: Vec<ReportId>,

    #[command(flatten)]
    pub(super) change: ChangeOptions,
}

/// Discard reports that failed, are held or in conflict: they are not payments
///
/// That is final. Another report of the same payment that waits as a conflict is received then.
#[derive(clap::Args, Debug)]
#[command(after_help = DISCARD_HELP)]
pub(super) struct DiscardArgs {
    /// The numbers of the reports, as in `list`
    #[arg(value_name = "ID", required = true)]
    ids: Vec<ReportId>,

    #[command(flatten)]
    pub(super) change: ChangeOptions,
}

/// Who decides, and why.
#[derive(clap::Args, Debug)]
pub(super) struct ChangeOptions {
    /// Who decides, for the history [default: your user name]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,

    #[command(flatten)]
    consent: Consent,

    #[command(flatten)]
    pub(super) inbox: InboxOptions,
}

/// What became of the reports.
#[derive(Default, Serialize)]
struct Changed {
    changed: Vec<Shown>,
    refused: Vec<Refused>,
}

#[derive(Serialize)]
struct Refused {
    id: i64,
    error: String,
}

pub(super) async fn accept(args: &AcceptArgs) -> anyhow::Result<ExitCode> {
    let mut accepted = Accepted::new(args.amount);
    if let Some(id) = &args.order_id {
        accepted = accepted.order(&**id)?;
    }
    run(&args.change, Event::Accept, &[args.id], Some(&accepted)).await
}

pub(super) async fn retry(args: &RetryArgs) -> anyhow::Result<ExitCode> {
    run(&args.change, Event::Retry, &args.ids, None).await
}

pub(super) async fn discard(args: &DiscardArgs) -> anyhow::Result<ExitCode> {
    run(&args.change, Event::Discard, &args.ids, None).await
}

async fn run(
    options: &ChangeOptions,
    event: Event,
    ids: &[ReportId],
    accepted: Option<&Accepted>,
) -> anyhow::Result<ExitCode> {
    options.consent.check()?;
    let decision = options.decision()?;
    let inbox = options.inbox.open().await?;
    let mut result = Changed::default();
    let mut planned = Vec::new();
    for id in ids {
        match plan(&inbox, event, *id).await? {
            Ok(record) => planned.push(record),
            Err(error) => result.refuse(*id, error),
        }
    }
    let question = question(event, &planned, accepted, &decision);
    if !planned.is_empty() && !options.consent.is_given(&question)? {
        output::print_failure(options.inbox.json, "nothing was changed");
        return Ok(ExitCode::FAILURE);
    }
    for record in planned {
        let id = record.id;
        let (store, project) = (inbox.store(), inbox.project());
        let changed = match (event, accepted) {
            (Event::Accept, Some(accepted)) => store.accept(project, id, accepted, &decision).await,
            (Event::Retry, _) => store.retry(project, id, &decision).await,
            _ => store.discard(project, id, &decision).await,
        };
        // A worker or another operator may have been faster.
        match changed.map_err(|error| (error.kind(), error)) {
            Err((StoreErrorKind::Refused(refusal), _)) => {
                let record = inbox.get(id).await?.unwrap_or(record);
                result.refuse(id, words(&inbox, event, &record, refusal).await?);
            }
            Err((StoreErrorKind::NotFound, _)) => result.refuse(id, inbox.unknown(id)),
            Err((_, error)) => return inbox.result(Err(error)),
            Ok(()) => {
                let record = inbox.get(id).await?;
                result.changed.extend(record.as_ref().map(Shown::from));
            }
        }
    }
    output::print_result(options.inbox.json, &result, || result.text(event))?;
    Ok(ExitCode::from(u8::from(!result.refused.is_empty())))
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
    match next(Some(record.state), event, facts) {
        Step::Refuse(refusal) => Ok(Err(words(inbox, event, &record, refusal).await?)),
        _ => Ok(Ok(record)),
    }
}

/// The other report of the same payment that is unfinished or done, if there is one.
async fn blocking(inbox: &Opened<'_>, record: &Record) -> anyhow::Result<Option<Record>> {
    let invoice = record.report.invoice_id().as_str();
    let others = inbox.store().find(inbox.project(), invoice).await;
    let blocks = |other: &Record| {
        let is_same = other.report.identity == record.report.identity;
        is_same && other.id != record.id && other.state.blocks()
    };
    Ok(inbox.result(others)?.into_iter().find(blocks))
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
            let possible =
                |state: &State| matches!(next(Some(*state), event, Facts::NONE), Step::Become(_));
            let states = State::ALL.into_iter().filter(possible);
            let states: Vec<_> = states.map(State::as_str).collect();
            format!(
                "report {id} is {state}: `{}` needs one that is {}",
                name(event),
                states.join(" or ")
            )
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
    let mut text = String::new();
    for record in records {
        let what = Shown::from(record).words();
        // Writing to a `String` never fails.
        let _ = writeln!(
            text,
            "report {}, {}: {}",
            record.id,
            record.state,
            Escaped(&what)
        );
    }
    let by = Escaped(&decision.by).to_string();
    let what = match (event, accepted) {
        (Event::Accept, Some(accepted)) => {
            let amount = accepted.amount();
            let to = match accepted.order_id() {
                Some(id) => format!(" to order {}", Escaped(id)),
                None => String::new(),
            };
            format!(
                "Accept it as {by}, and credit {amount}{to}? A worker of your service does it at once."
            )
        }
        (Event::Retry, _) => {
            format!("Retry as {by}? A worker of your service runs the handler at once.")
        }
        _ => format!("Discard as {by}? That is final: no order is paid by it."),
    };
    text + &what
}

impl ChangeOptions {
    fn decision(&self) -> anyhow::Result<Decision> {
        let by = match &self.by {
            Some(by) => by.clone(),
            None => whoami::username().map_err(|_| anyhow::anyhow!("say who decides with --by"))?,
        };
        let decision = Decision::by(by);
        Ok(match &self.note {
            Some(note) => decision.note(&**note),
            None => decision,
        })
    }
}

impl Changed {
    fn refuse(&mut self, id: ReportId, error: String) {
        let id = id.number();
        self.refused.push(Refused { id, error });
    }

    fn text(&self, event: Event) -> String {
        let done = match event {
            Event::Accept => "accepted: a worker of your service credits it",
            Event::Retry => "received again: a worker of your service handles it",
            _ => "discarded",
        };
        let changed = self.changed.iter();
        let changed = changed.map(|report| {
            format!(
                "report {}, {}: {done}\n",
                report.id(),
                Escaped(&report.words())
            )
        });
        let refused = self.refused.iter();
        changed
            .chain(refused.map(|refused| format!("refused: {}\n", Escaped(&refused.error))))
            .collect()
    }
}

/// The name of the command.
fn name(event: Event) -> &'static str {
    match event {
        Event::Accept => "accept",
        Event::Retry => "retry",
        _ => "discard",
    }
}

const ACCEPT_HELP: &str = "\
Examples:
  export DATABASE_URL=postgres://shop:PASSWORD@db.example/shop
  ccpostback inbox accept --project shop 42 --amount 1.5
  ccpostback inbox accept --project shop 42 --amount 1.5 --order-id ORDER_1 \\
    --yes --by alice --note 'the customer paid the fee too'

Exit code: 0 if it was accepted, 1 if it was refused or you said no, or 2 if the
command could not run.";

const RETRY_HELP: &str = "\
Examples:
  ccpostback inbox retry --project shop 42 43 --database-url sqlite:shop.db

Exit code: 0 if all are received again, 1 if one was refused or you said no, or
2 if the command could not run.";

const DISCARD_HELP: &str = "\
Examples:
  ccpostback inbox discard --project shop 42 --note 'a test' \\
    --database-url sqlite:shop.db

Exit code: 0 if all are discarded, 1 if one was refused or you said no, or 2 if
the command could not run.";
