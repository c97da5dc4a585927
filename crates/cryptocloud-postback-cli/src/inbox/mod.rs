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

/// Operate the payment inbox of your service
///
/// Nothing here runs a handler: payments move between states by the rules of the inbox, and the workers
/// of your service do the rest.
#[derive(clap::Args, Debug)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::ListArgs),
    Show(list::ShowArgs),
    Counts(list::CountsArgs),
    Accept(change::AcceptArgs),
    Retry(change::RetryArgs),
    Discard(change::DiscardArgs),
    Purge(purge::Args),
    Import(import::Args),
    Migrate(migrate::Args),
}

impl Args {
    /// Whether the output is for a program.
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            Command::List(args) => args.inbox.json,
            Command::Show(args) => args.inbox.json,
            Command::Counts(args) => args.inbox.json,
            Command::Accept(args) => args.change.inbox.json,
            Command::Retry(args) => args.change.inbox.json,
            Command::Discard(args) => args.change.inbox.json,
            Command::Purge(args) => args.inbox.json,
            Command::Import(args) => args.json,
            Command::Migrate(args) => args.json,
        }
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::List(args) => list::list(&args).await,
        Command::Show(args) => list::show(&args).await,
        Command::Counts(args) => list::counts(&args).await,
        Command::Accept(args) => change::accept(&args).await,
        Command::Retry(args) => change::retry(&args).await,
        Command::Discard(args) => change::discard(&args).await,
        Command::Purge(args) => purge::run(&args).await,
        Command::Import(args) => import::run(args).await,
        Command::Migrate(args) => migrate::run(&args).await,
    }
}
