//! `ccpostback send`

mod once;
mod repeat;
mod replay;

use std::{
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use reqwest::{
    Url,
    header::{HeaderName, HeaderValue},
};

use crate::{
    client::{self, Client},
    draft::PostbackOptions,
    forge::ForgeOptions,
    secret::SecretOptions,
};

/// Send signed postbacks as the vendor does, or forged ones
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The URL to send to
    #[arg(long, value_parser = client::url, required_unless_present = "forge")]
    url: Option<Url>,

    /// Send the postback this many times, signed anew each time as the vendor does
    ///
    /// Tokens signed in the same second are identical, as the vendor's are.
    #[arg(long, value_name = "N")]
    repeat: Option<NonZeroU64>,

    /// Send this many at the same time
    #[arg(long, value_name = "M", default_value = "1", requires = "repeat")]
    concurrency: NonZeroUsize,

    /// Send what `ccpostback listen` saved in this file again, with a new token
    ///
    /// Its other fields stay the same.
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "forge", "repeat", "body", "order_id", "scenario", "amount", "paid", "usd", "currency",
        "status",
    ])]
    replay: Option<PathBuf>,

    /// How long to wait for a response
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    timeout: NonZeroU64,

    /// Send this header too, or instead of one that the vendor sends
    #[arg(long, value_name = "NAME: VALUE", value_parser = client::header)]
    header: Vec<(HeaderName, HeaderValue)>,

    /// Print one line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    forge: ForgeOptions,

    #[command(flatten)]
    postback: PostbackOptions,

    #[command(flatten)]
    secret: SecretOptions,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (postback, json) = (&args.postback, args.json);
    if args.forge.forge.as_deref() == Some("list") {
        return args.forge.list(json);
    }
    let url = args.url.context("set the URL to send to with --url")?;
    let secret = args.secret.signing()?;
    let timeout = Duration::from_secs(args.timeout.get());
    let mut client = Client::new(url, timeout)?;
    client.headers.extend(args.header);
    if args.forge.forge.is_some() {
        let forge = args.forge;
        return forge.run(postback, &secret, client, timeout, json).await;
    }
    if let Some(path) = &args.replay {
        return replay::run(path, &client, postback, &secret, json).await;
    }
    let draft = postback.draft(&secret, None)?;
    match args.repeat {
        None => once::run(&client, &draft, json).await,
        Some(count) => repeat::run(&client, &draft, count.get(), args.concurrency, json).await,
    }
}

const AFTER_HELP: &str = "\
Examples:
  ccpostback send --url http://127.0.0.1:3000/postback --order-id ORDER_93223
  ccpostback send --url http://127.0.0.1:3000/postback --scenario partial
  ccpostback send --url http://127.0.0.1:3000/postback --replay saved.json
  ccpostback send --url http://127.0.0.1:3000/postback --forge all

Exit code: 0 if every response is a 2xx or, with --forge, there is no bypass, no
weakness and nothing inconclusive; 1 if not; 2 if nothing could be sent or no
response arrived; and 130 after Ctrl-C.";
