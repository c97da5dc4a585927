//! `ccpostback listen`

use std::process::ExitCode;

/// Receive postbacks and show them on a local page
#[derive(clap::Args, Debug)]
pub(crate) struct Args {}

pub(crate) async fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not here yet")
}
