//! `ccpostback` sends, signs, verifies and receives CryptoCloud postbacks, mimics the vendor's API, and
//! operates an inbox.
#![forbid(unsafe_code)]

mod api;
mod body;
mod client;
mod completions;
mod draft;
mod forge;
mod guard;
#[cfg(feature = "inbox")]
mod inbox;
mod input;
mod listen;
mod output;
mod password;
mod report;
mod secret;
mod send;
mod server;
mod sign;
mod verify;

use std::{
    io::{self, Write},
    process::{self, ExitCode},
};

use clap::{Parser, Subcommand};

/// Send, sign, verify and receive CryptoCloud (Trybit) postbacks, and attack your own endpoint
#[derive(Debug, Parser)]
#[command(name = "ccpostback", version, arg_required_else_help = true)]
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

fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| refuse(&error));
    run(cli).unwrap_or_else(|error| {
        output::print_error(format_args!("{error:#}"));
        ExitCode::from(2)
    })
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
