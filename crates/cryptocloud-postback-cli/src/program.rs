use std::{
    io::{self, Write},
    process::{self, ExitCode},
};

use clap::{Parser, Subcommand};

#[cfg(feature = "inbox")]
use crate::inbox;
use crate::{api, completions, listen, output, password, send, sign, verify};

/// Send, sign, verify and receive CryptoCloud (Trybit) postbacks, and attack your own endpoint
#[derive(Debug, Parser)]
#[command(
    name = "ccpostback",
    version,
    arg_required_else_help = true,
    after_help = AFTER_HELP
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Send(Box<send::Args>),
    Sign(sign::Args),
    Verify(verify::Args),
    Listen(listen::Args),
    Api(api::Args),
    #[cfg(feature = "inbox")]
    Inbox(inbox::Args),
    Completions(completions::Args),
}

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| refuse(&error));
    let json = cli.command.json();
    run(cli).unwrap_or_else(|error| {
        output::print_failure(json, &format!("{error:#}"));
        ExitCode::from(2)
    })
}

impl Command {
    /// Whether the output is for a program.
    fn json(&self) -> bool {
        match self {
            Self::Send(args) => args.json,
            Self::Verify(args) => args.json,
            Self::Listen(args) => args.json,
            #[cfg(feature = "inbox")]
            Self::Inbox(args) => args.json(),
            Self::Api(_) | Self::Completions(_) | Self::Sign(_) => false,
        }
    }
}

/// Ends the program as clap does, but never prints the password of a URL that stands in the wrong
/// place.
fn refuse(error: &clap::Error) -> ! {
    let text = error.to_string();
    let shown = password::hide(&text);
    // Help is not an error, and its examples stay as they are.
    if shown == text || !error.use_stderr() {
        error.exit();
    }
    let _ = io::stderr().write_all(shown.as_bytes());
    process::exit(error.exit_code());
}

#[tokio::main(flavor = "current_thread")]
async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Send(args) => send::run(*args).await,
        Command::Sign(args) => sign::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Listen(args) => listen::run(args).await,
        Command::Api(args) => api::run(args).await,
        #[cfg(feature = "inbox")]
        Command::Inbox(args) => inbox::run(args).await,
        Command::Completions(args) => completions::run::<Cli>(&args),
    }
}

const AFTER_HELP: &str = "\
Examples:
  export CRYPTOCLOUD_SECRET_KEY=...
  ccpostback listen
  ccpostback send --url http://127.0.0.1:4000/postback --order-id ORDER_93223
  ccpostback send --url http://127.0.0.1:3000/postback --forge all
  ccpostback sign | ccpostback verify
  ccpostback api --postback-url http://127.0.0.1:3000/postback";
