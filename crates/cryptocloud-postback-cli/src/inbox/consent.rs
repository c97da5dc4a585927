use std::io::{self, IsTerminal, Write};

use anyhow::{Context, bail};

/// Asks before a change.
#[derive(clap::Args, Debug)]
pub(super) struct Consent {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Consent {
    /// Asks on standard error, unless that is not wanted.
    pub(super) fn is_given(&self, question: &str) -> anyhow::Result<bool> {
        if self.yes {
            return Ok(true);
        }
        if !io::stdin().is_terminal() {
            bail!(
                "the command asks before it changes payments: run it on a terminal, or add --yes"
            );
        }
        let mut answer = String::new();
        write!(io::stderr(), "{question} [y/N] ").context("cannot ask")?;
        let read = io::stdin().read_line(&mut answer);
        read.context("cannot read standard input")?;
        Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
    }
}
