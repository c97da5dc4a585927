//! `ccpostback inbox`: what an operator does with the payment inbox of a service.

mod change;
mod import;
mod list;
mod opened;
mod store;
mod view;

use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use cryptocloud_postback_inbox::ReportId;
use serde_json::json;

use self::{change::Change, opened::Opened, store::StoreOptions};
use crate::output;

/// Operate the payment inbox of your service
///
/// Nothing here runs a handler: payments move between states by the rules of the inbox, and the workers
/// of your service do the rest.
#[derive(clap::Args, Debug)]
#[command(arg_required_else_help = true, after_help = HELP)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,

    /// The project, as your service names its inbox
    ///
    /// All commands but `migrate` and `import` need it; `import` skips the reports of other projects.
    #[arg(long, value_name = "NAME", global = true)]
    project: Option<String>,

    /// Print one line of JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(flatten)]
    store: StoreOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Operate(Operate),

    Import(import::Args),

    /// Create the tables of an inbox, or bring them up to date
    ///
    /// It may run while payments arrive, and again at any time: after Ctrl-C the schema is as before, or
    /// migrated as a whole. Only this command needs a role that may create tables; your service does
    /// not. A SQLite file is created if it does not exist. Redis needs no migration.
    Migrate,
}

/// The commands for the inbox of one project.
#[derive(Debug, Subcommand)]
enum Operate {
    /// List stored payments, the newest first
    List(list::Args),

    /// Show a stored payment, with the decisions about it
    ///
    /// It also shows what was already credited for the same invoice.
    Show {
        /// The number of the report, as in `list`
        id: ReportId,
    },

    /// Count the payments that are not finished, and say how old the oldest one is
    Counts,

    /// Credit a payment that is held or in conflict
    ///
    /// You say how much to credit, and if need be for which order. The handler of your service then
    /// runs again with what you said, and has the last word: it can hold the payment again. At most one
    /// report of a payment is ever credited.
    Accept(change::AcceptArgs),

    /// Try payments again that failed or are held
    ///
    /// They are received again with attempts and age reset, and a worker of your service runs the
    /// handler.
    Retry(change::ChangeArgs),

    /// Say that reports are not payments, so that they are never credited
    ///
    /// For reports that failed, are held or in conflict, and final. If another report of the same
    /// payment waits as a conflict, it is handled next.
    Discard(change::ChangeArgs),

    /// Clear the reported fields of payments that were done or discarded long ago
    ///
    /// Your service does so by itself after its retention. The payments stay known, so that a late
    /// resend is not credited again.
    Purge(change::PurgeArgs),
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Args { json, project, .. } = args;
    let command = match args.command {
        Command::Import(import) => return import::run(&import, project, &args.store, json).await,
        Command::Migrate => {
            let store = args.store.connect(true).await?;
            let (from, to) = store.migrate().await?;
            let value = json!({ "store": store.place, "from_version": from, "to_version": to });
            output::print_result(json, &value, || view::text(&value))?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Operate(command) => command,
    };
    let inbox = Opened {
        json,
        project: project.context("name the project with --project, as your service does")?,
        store: args.store.open().await?,
    };
    let ended = match &command {
        Operate::List(args) => list::list(args, &inbox).await,
        Operate::Show { id } => list::show(*id, &inbox).await,
        Operate::Counts => list::counts(&inbox).await,
        Operate::Accept(args) => change::accept(args, &inbox).await,
        Operate::Retry(args) => change::run(&Change::Retry, args, &inbox).await,
        Operate::Discard(args) => change::run(&Change::Discard, args, &inbox).await,
        Operate::Purge(args) => change::purge(args, &inbox).await,
    };
    ended.map_err(|error| inbox.store.explain(error))
}

const HELP: &str = "\
Examples:
  ccpostback inbox migrate --database-url sqlite:shop.db
  export DATABASE_URL=postgres://shop:PASSWORD@db.example/shop
  ccpostback inbox list --project shop
  ccpostback inbox list --project shop --state done --limit 5 --json
  ccpostback inbox accept --project shop 42 --amount 1.5 --order-id ORDER_1 \\
    --yes --by alice --note 'the customer paid the fee too'
  ccpostback inbox retry --project shop 42 43
  ccpostback inbox purge --project shop --older-than 90

Exit code: 0 on success, 1 if a change was refused or you said no, or 2 if the
command could not run.";
