//! `ccpostback man`

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::CommandFactory;
use clap_mangen::Man;

use crate::output;

/// Print the manual page, or write one for each command
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Write all pages into this directory, which is created if it does not exist
    #[arg(long)]
    dir: Option<PathBuf>,
}

pub(crate) fn run<C: CommandFactory>(args: &Args) -> anyhow::Result<ExitCode> {
    let command = C::command().disable_help_subcommand(true);
    match &args.dir {
        None => {
            let mut page = Vec::new();
            Man::new(command).render(&mut page)?;
            output::print_bytes(&page)?;
        }
        Some(dir) => fs::create_dir_all(dir)
            .and_then(|()| clap_mangen::generate_to(command, dir))
            .with_context(|| format!("cannot write to {}", dir.display()))?,
    }
    Ok(ExitCode::SUCCESS)
}

const AFTER_HELP: &str = "\
Examples:
  ccpostback man | man -l -
  ccpostback man --dir ~/.local/share/man/man1";
