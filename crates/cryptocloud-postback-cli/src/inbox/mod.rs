//! `ccpostback inbox`: what an operator does with the payment inbox of a service.

mod import;
mod migrate;
mod problem;
mod store;

use std::process::ExitCode;

use clap::Subcommand;

/// Create the tables of a payment inbox, and store what is recorded only in the log
#[derive(clap::Args, Debug)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Migrate(migrate::Args),
    Import(import::Args),
}

impl Args {
    /// Whether the output is for a program.
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            Command::Migrate(args) => args.json,
            Command::Import(args) => args.json,
        }
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Migrate(args) => migrate::run(&args).await,
        Command::Import(args) => import::run(args).await,
    }
}

/// The exit code after Ctrl-C, as shells have it: 128 and the number of SIGINT.
const INTERRUPTED: u8 = 130;
