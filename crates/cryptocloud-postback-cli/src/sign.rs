//! `ccpostback sign`

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use crate::{draft::PostbackOptions, output, secret::SecretOptions};

/// Print a signed body, or only a token
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Print only the token
    #[arg(long)]
    token: bool,

    #[command(flatten)]
    postback: PostbackOptions,

    #[command(flatten)]
    secret: SecretOptions,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let secret = args.secret.signing()?;
    let draft = args.postback.draft(&secret, None)?;
    let mut text = if args.token {
        draft.token()?.into_bytes()
    } else {
        draft.sign()?.to_vec()
    };
    // Elsewhere a body gets no line break: it would belong to the last value of a form.
    if args.token || io::stdout().is_terminal() {
        text.push(b'\n');
    }
    output::print_bytes(&text)?;
    Ok(ExitCode::SUCCESS)
}

const AFTER_HELP: &str = "\
Examples:
  ccpostback sign --order-id ORDER_93223 |
    curl -H 'Content-Type: application/json' --data-binary @- \\
      http://127.0.0.1:3000/postback
  ccpostback sign --token --invoice-id ILRAJE1Q";
