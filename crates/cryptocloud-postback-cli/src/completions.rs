//! `ccpostback completions`

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::output;

/// Print shell completions
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The shell to print completions for
    shell: Shell,
}

pub(crate) fn run<C: CommandFactory>(args: &Args) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    let mut command = C::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    output::print_bytes(&script)?;
    Ok(ExitCode::SUCCESS)
}

const AFTER_HELP: &str = "\
Examples:
  source <(ccpostback completions bash)
  ccpostback completions fish > ~/.config/fish/completions/ccpostback.fish";
