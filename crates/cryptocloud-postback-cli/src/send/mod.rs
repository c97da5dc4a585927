//! `ccpostback send`

mod once;
mod repeat;
mod summary;

use std::{num::NonZeroUsize, process::ExitCode, time::Duration};

use anyhow::Context;
use reqwest::Url;

use crate::{
    client::{self, Client},
    draft::PostbackOptions,
    forge,
    secret::SecretOptions,
};

/// Posts a signed postback as the vendor does, many of them, or forged ones
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Where to post to
    #[arg(long, value_parser = client::url, required_unless_present = "forge")]
    url: Option<Url>,

    /// Sends this attack and says whether it was refused: a name, all, or list to see the names
    ///
    /// The controls of "all" are genuine, so send it to a test deployment. Each body has a new
    /// invoice, and the order of --order-id, or ORDER_93223.
    #[arg(
        long,
        value_name = "KIND",
        conflicts_with_all = [
            "repeat", "concurrency", "invoice_id", "status", "test_mode", "expires_in", "body"
        ]
    )]
    forge: Option<String>,

    /// Sends this many, each with a token of its own time as the vendor's resends have
    ///
    /// Tokens of the same second are the same, as the vendor's are.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    repeat: Option<u64>,

    /// Sends this many at a time
    #[arg(long, value_name = "M", default_value = "1", requires = "repeat")]
    concurrency: NonZeroUsize,

    /// How long to wait for an answer
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=3_600)
    )]
    timeout: u64,

    /// Prints one line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    postback: PostbackOptions,

    #[command(flatten)]
    secret: SecretOptions,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.forge.as_deref() == Some("list") {
        return forge::list(args.json);
    }
    let url = args.url.context("say where to post to with --url")?;
    let secret = args.secret.signing()?;
    let timeout = Duration::from_secs(args.timeout);
    if let Some(kind) = &args.forge {
        let client = Client::without_reuse(url, timeout)?;
        return forge::run(kind, &args.postback, &secret, &client, args.json).await;
    }
    let client = Client::new(url, timeout)?;
    let draft = args.postback.draft(&secret)?;
    match args.repeat {
        None => once::run(&client, &draft, args.json).await,
        Some(count) => repeat::run(&client, &draft, count, args.concurrency, args.json).await,
    }
}

const AFTER_HELP: &str = "\
Examples:
  ccpostback send --url http://127.0.0.1:3000/postback --order-id ORDER_93223
  ccpostback send --url http://127.0.0.1:3000/postback --repeat 1000 --concurrency 16
  ccpostback send --url http://127.0.0.1:3000/postback --body captured.json
  ccpostback send --url http://127.0.0.1:3000/postback --forge all

Exit code: 0 where every answer is a 2xx, or with --forge where every attack is refused; 1 where one
is not, or Ctrl-C ends it before; 2 where nothing could be sent or nobody answered.";
