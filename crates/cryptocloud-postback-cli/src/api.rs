//! `ccpostback api`: a server that mimics the vendor's API.

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use axum::middleware;
use cryptocloud_postback_mimic::Mimic;
use reqwest::Url;
use secrecy::ExposeSecret;

use crate::{
    client, guard, output,
    secret::{self, SecretOptions},
    server,
};

/// Mimic the vendor's API on this machine, to develop against it without real payments
///
/// Everything is in memory. A payment happens with a POST to /pay/INV-..., or with the button on the
/// page that the link of the invoice leads to.
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The address to listen on; port 0 picks a free port
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:4100",
        value_parser = server::address
    )]
    addr: String,

    /// Send a signed postback to this URL when an invoice is paid
    #[arg(long, value_name = "URL", value_parser = client::url)]
    postback_url: Option<Url>,

    /// Start with this fault, as JSON for /faults
    #[arg(long, value_name = "JSON")]
    fault: Option<String>,

    #[command(flatten)]
    secret: SecretOptions,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let listener = server::bind(&args.addr).await?;
    let address = listener.local_addr()?;
    let mimic = Mimic::new(server::origin(address));
    if let Some(url) = args.postback_url {
        mimic.send_postbacks_to(url, args.secret.signing()?.expose_secret());
    }
    if let Some(key) = secret::variable("CRYPTOCLOUD_API_KEY")? {
        let accepted = mimic.accept_only(key.expose_secret());
        accepted.context("CRYPTOCLOUD_API_KEY cannot be used")?;
    }
    if let Some(fault) = args.fault {
        mimic.fail_json(&fault).context("--fault cannot be used")?;
    }
    output::print(&format!("listening on {}\n", mimic.url()))?;
    server::warn_if_open(address, "can pay invoices here");
    let guard = middleware::from_fn_with_state(address, guard::guard);
    let router = mimic.router().layer(guard);
    server::serve(listener, router, Duration::ZERO, || ()).await?;
    Ok(ExitCode::SUCCESS)
}

const AFTER_HELP: &str = "\
Examples:
  ccpostback api --postback-url http://127.0.0.1:3000/postback
  curl http://127.0.0.1:4100/pay/INV-XXXXXXXX --json '{\"status\":\"partial\"}'
  curl http://127.0.0.1:4100/faults --json '{\"status\":429,\"count\":3}'
  ccpostback api --fault '{\"status\":\"down\",\"count\":10}'

The status of a fault is from 400 to 999, or slow, cut or down. It lasts for count calls of the \
vendor's API, or one. A DELETE of /faults, with a Content-Type of JSON, ends it.

Any JWT is accepted as the API KEY, such as eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl; if \
CRYPTOCLOUD_API_KEY is set, only that one.

Exit code: 0 after Ctrl-C, 2 if the server could not start.";
