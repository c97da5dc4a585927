//! `ccpostback inbox accept`, `retry`, `discard` and `purge`

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, bail};
use cryptocloud_postback::Amount;
use cryptocloud_postback_inbox::{Accepted, Decision, Purge, ReportId};
use serde_json::json;

use super::{opened::Opened, view};
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

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

#[derive(clap::Args, Debug)]
pub(super) struct PurgeArgs {
    /// Only payments that were done or discarded at least this many days ago
    #[arg(long, value_name = "DAYS")]
    older_than: u32,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// What is to become of reports.
pub(super) enum Change {
    Accept(Accepted),
    Discard,
    Retry,
}

pub(super) async fn accept(args: &AcceptArgs, inbox: &Opened) -> anyhow::Result<ExitCode> {
    if args.change.ids.len() > 1 {
        bail!("accept one report at a time: each has an amount of its own");
    }
    let mut accepted = Accepted::new(args.amount);
    if let Some(id) = &args.order_id {
        accepted = accepted.order(&**id)?;
    }
    run(&Change::Accept(accepted), &args.change, inbox).await
}

/// Changes each report that the rules of the inbox let it change, and that the operator agrees to.
pub(super) async fn run(
    change: &Change,
    args: &ChangeArgs,
    inbox: &Opened,
) -> anyhow::Result<ExitCode> {
    let by = match &args.by {
        Some(by) => by.clone(),
        None => whoami::username().context("say who decides with --by")?,
    };
    let decision = Decision {
        note: args.note.as_deref().map(Into::into),
        ..Decision::by(by)
    };
    let (mut changed, mut refused) = (Vec::new(), Vec::new());
    for id in &args.ids {
        match change_one(change, *id, &decision, args.yes, inbox).await? {
            None => changed.push(id.number()),
            Some(problem) => refused.push(json!({ "id": id.number(), "error": problem })),
        }
    }
    let code = u8::from(!refused.is_empty());
    let is_handled = !changed.is_empty() && !matches!(change, Change::Discard);
    let next = if is_handled { HANDLER } else { "" };
    let value = json!({ "changed": changed, "refused": refused });
    inbox.print(&value, |value| view::text(value) + next)?;
    Ok(ExitCode::from(code))
}

/// Returns why the report is unchanged, or `None` if it was changed.
async fn change_one(
    change: &Change,
    id: ReportId,
    decision: &Decision,
    yes: bool,
    inbox: &Opened,
) -> anyhow::Result<Option<String>> {
    let (store, project) = (inbox.store(), &inbox.project);
    let Some(record) = store.get(project, id).await? else {
        return Ok(Some(inbox.missing("such report").await?));
    };
    let by = &decision.by;
    let question = match change {
        Change::Accept(accepted) => {
            let (amount, order) = (accepted.amount(), accepted.order_id());
            let order = order.map_or_else(String::new, |id| format!(" to order {id}"));
            format!("Accept as {by}, and credit {amount}{order}?")
        }
        Change::Discard => format!("Discard as {by}? That is final."),
        Change::Retry => format!("Retry as {by}?"),
    };
    let (state, words) = (record.state, view::words(&record.report));
    let question = format!("Report {id}, {state}: invoice {words}. {question}");
    if !agree(yes, &question)? {
        return Ok(Some("you said no".to_owned()));
    }
    let changed = match change {
        Change::Accept(accepted) => store.accept(project, id, accepted, decision).await,
        Change::Discard => store.discard(project, id, decision).await,
        Change::Retry => store.retry(project, id, decision).await,
    };
    match changed.map_err(|error| (error.refusal(), error)) {
        Ok(()) => Ok(None),
        Err((None, error)) => Err(error.into()),
        Err((Some(refusal), _)) => {
            let invoice = record.report.invoice_id();
            let list = format!("ccpostback inbox list --project {project} --invoice-id {invoice}");
            Ok(Some(format!("report is {state}: {refusal}; see `{list}`")))
        }
    }
}

pub(super) async fn purge(args: &PurgeArgs, inbox: &Opened) -> anyhow::Result<ExitCode> {
    let days = args.older_than;
    let question = format!(
        "Clear the reported fields of payments that were done or discarded at least {days} days \
         ago? That is final."
    );
    if !agree(args.yes, &question)? {
        return Ok(inbox.fail("nothing was changed"));
    }
    let (store, project) = (inbox.store(), &inbox.project);
    let age = Duration::from_secs(u64::from(days) * 86_400);
    let mut purged: u64 = 0;
    loop {
        let batch = store.purge(project, age, Purge::Fields, BATCH).await?;
        purged = purged.saturating_add(batch);
        if batch < u64::from(BATCH) {
            return inbox.print(&json!({ "purged": purged }), view::text);
        }
    }
}

/// Asks on standard error, unless the operator has agreed before.
fn agree(yes: bool, question: &str) -> anyhow::Result<bool> {
    if yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        bail!("cannot ask before the change: run the command on a terminal, or add --yes");
    }
    write!(io::stderr(), "{} [y/N] ", Escaped(question)).context("cannot ask")?;
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    read.context("cannot read standard input")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

const HANDLER: &str = "\
The handler of your service decides about what is received, such as whether the
order exists, and may hold it again: look with `ccpostback inbox show`.
";

/// How many reports one statement clears.
const BATCH: u32 = 1_000;
