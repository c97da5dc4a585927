//! `ccpostback inbox`: what an operator does with the payment inbox of a service.

mod change;
mod consent;
mod import;
mod list;
mod migrate;
mod opened;
mod problem;
mod purge;
mod store;
mod view;

use std::process::ExitCode;

use clap::Subcommand;
use cryptocloud_postback_inbox::{Event, ReportId};

use self::{opened::Opened, store::StoreOptions};

/// Operate the payment inbox of your service
///
/// Nothing here runs a handler: payments move between states by the rules of the inbox, and the workers
/// of your service do the rest.
#[derive(clap::Args, Debug)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,

    /// Print one line of JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(flatten)]
    store: StoreOptions,
}

/// A command for the inbox of one project.
#[derive(clap::Args, Debug)]
struct Of<T: clap::Args> {
    /// The project, as your service names its inbox
    #[arg(long, value_name = "NAME")]
    project: String,

    #[command(flatten)]
    args: T,
}

#[derive(clap::Args, Debug)]
struct Show {
    /// The number of the report, as in `list`
    id: ReportId,
}

#[derive(clap::Args, Debug)]
struct Nothing {}

#[derive(Debug, Subcommand)]
enum Command {
    /// List stored payments, the newest first
    #[command(after_help = list::LIST_HELP)]
    List(Of<list::ListArgs>),

    /// Show a stored payment, with the decisions about it
    #[command(after_help = list::SHOW_HELP)]
    Show(Of<Show>),

    /// Count the payments that are not finished
    #[command(after_help = list::COUNTS_HELP)]
    Counts(Of<Nothing>),

    /// Accept a payment that is held or in conflict, and name the amount to credit, and the order
    ///
    /// It is received again, and a worker of your service runs the handler, which gets what you name.
    /// At most one report of a payment can be credited.
    #[command(after_help = change::ACCEPT_HELP)]
    Accept(Of<change::AcceptArgs>),

    /// Try payments again that failed or are held
    ///
    /// They are received again with attempts and age reset, and a worker of your service runs the
    /// handler.
    #[command(after_help = change::RETRY_HELP)]
    Retry(Of<change::ChangeArgs>),

    /// Discard reports that failed, are held or in conflict: they are not payments
    ///
    /// That is final. Another report of the same payment that waits as a conflict is received then.
    #[command(after_help = change::DISCARD_HELP)]
    Discard(Of<change::ChangeArgs>),

    /// Clear the reported fields of payments that were done or discarded long ago
    ///
    /// Your service does so by itself after its retention. The payments stay known, so that a late
    /// resend is not credited again.
    #[command(after_help = purge::HELP)]
    Purge(Of<purge::Args>),

    Import(import::Args),

    /// Create the tables of an inbox, or bring them up to date
    ///
    /// It may run while payments arrive, and again at any time. Only this command needs a role that may
    /// create tables; your service does not.
    #[command(after_help = migrate::HELP)]
    Migrate,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (store, json) = (&args.store, args.json);
    let open = async |project| {
        let (address, store) = store.open().await?;
        anyhow::Ok(Opened {
            address,
            json,
            project,
            store,
        })
    };
    match &args.command {
        Command::List(Of { project, args }) => list::list(args, &open(project).await?).await,
        Command::Show(Of { project, args }) => list::show(args.id, &open(project).await?).await,
        Command::Counts(Of { project, .. }) => list::counts(&open(project).await?).await,
        Command::Accept(Of { project, args }) => change::accept(args, &open(project).await?).await,
        Command::Retry(Of { project, args }) => {
            change::run(args, &open(project).await?, Event::Retry, None).await
        }
        Command::Discard(Of { project, args }) => {
            change::run(args, &open(project).await?, Event::Discard, None).await
        }
        Command::Purge(Of { project, args }) => purge::run(args, &open(project).await?).await,
        Command::Import(args) => import::run(args, store, json).await,
        Command::Migrate => migrate::run(store, json).await,
    }
}
