use std::{env, fs, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

#[cfg(feature = "inbox")]
use crate::inbox;
use crate::{api, listen, output, send, sign, verify};

/// Send, sign, verify and receive CryptoCloud (Trybit) postbacks, and attack your own endpoint
#[derive(Debug, Parser)]
#[command(name = "ccpostback", version, after_help = AFTER_HELP)]
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
    /// Print shell completions
    #[command(after_help = "Example:\n  source <(ccpostback completions bash)")]
    Completions {
        /// The shell to print completions for
        shell: Shell,
    },
    /// Write the manual pages
    #[command(after_help = "Example:\n  ccpostback man ~/.local/share/man/man1")]
    Man {
        /// The directory for a page of each command, which is created if it does not exist
        dir: PathBuf,
    },
}

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    // Not from the parsed arguments, which may be malformed.
    let json = env::args_os().any(|argument| argument == "--json");
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            output::print_misuse(json, &error);
            return ExitCode::from(2);
        }
        // Help and version.
        Err(error) => error.exit(),
    };
    run(cli.command).unwrap_or_else(|error| {
        output::print_failure(json, &format!("{error:#}"));
        ExitCode::from(2)
    })
}

#[tokio::main(flavor = "current_thread")]
async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Send(args) => send::run(*args).await,
        Command::Sign(args) => sign::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Listen(args) => listen::run(args).await,
        Command::Api(args) => api::run(args).await,
        #[cfg(feature = "inbox")]
        Command::Inbox(args) => inbox::run(args).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "ccpostback", &mut script);
            output::print_bytes(&script)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Man { dir } => {
            let command = Cli::command().disable_help_subcommand(true);
            fs::create_dir_all(&dir)
                .and_then(|()| clap_mangen::generate_to(command, &dir))
                .with_context(|| format!("cannot write to {}", dir.display()))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

const AFTER_HELP: &str = "\
Examples:
  export CRYPTOCLOUD_SECRET_KEY=...
  ccpostback listen
  ccpostback send --url http://127.0.0.1:4000/postback --order-id ORDER_93223
  ccpostback send --url http://127.0.0.1:3000/postback --forge all
  ccpostback sign | ccpostback verify
  ccpostback api --postback-url http://127.0.0.1:3000/postback

Exit code: 0 on success; 1 if a postback or a change was refused, or an endpoint
did not pass the attacks; 2 if the command could not run; 130 after Ctrl-C.";
