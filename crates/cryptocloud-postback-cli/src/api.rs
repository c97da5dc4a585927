//! `ccpostback api`: a server that mimics the vendor's API.

mod calls;
mod fault;
mod invoice;
mod mimic;
mod pay;
mod python;

use std::{process::ExitCode, sync::Arc, time::Duration};

use axum::middleware;
use reqwest::Url;

use crate::{client, guard, output, secret::SecretOptions, server};
use fault::Fault;

pub use invoice::{Invoice, Status};
pub use mimic::Mimic;
pub use pay::Payment;

/// Mimic the vendor's API on this machine, to develop against it without real payments
///
/// Everything is in memory. A payment happens with a POST to /pay/INV-..., or with the button on the
/// page that the link of the invoice leads to.
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The port to listen on, at 127.0.0.1; 0 picks a free port
    #[arg(long, default_value_t = 4100, conflicts_with = "addr")]
    port: u16,

    /// Listen on this address instead, which other machines may reach
    #[arg(long, value_name = "ADDRESS", value_parser = server::address)]
    addr: Option<String>,

    /// Send a signed postback to this URL when an invoice is paid
    #[arg(long, value_name = "URL", value_parser = client::url)]
    postback_url: Option<Url>,

    /// Start with this fault, as JSON for /faults
    #[arg(long, value_name = "JSON", value_parser = fault::parse)]
    fault: Option<Fault>,

    #[command(flatten)]
    secret: SecretOptions,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let address = format!("127.0.0.1:{}", args.port);
    let listener = server::bind(args.addr.as_ref().unwrap_or(&address)).await?;
    let address = listener.local_addr()?;
    let mimic = Mimic::from_args(server::origin(address), args)?;
    output::print(&format!("listening on {}\n", mimic.origin))?;
    server::warn_if_open(address, "can pay invoices here");
    let router = Arc::new(mimic)
        .router()
        .layer(middleware::from_fn_with_state(address, guard::guard));
    server::serve(listener, router, Duration::ZERO, || ()).await?;
    Ok(ExitCode::SUCCESS)
}

const AFTER_HELP: &str = "\
Examples:
  ccpostback api --postback-url http://127.0.0.1:3000/postback
  curl http://127.0.0.1:4100/pay/INV-XXXXXXXX -H 'Content-Type: application/json' \\
    -d '{\"status\":\"partial\",\"received\":\"5\",\"postback\":false}'
  curl http://127.0.0.1:4100/faults -H 'Content-Type: application/json' \\
    -d '{\"status\":429,\"retry_after\":5,\"count\":3}'
  ccpostback api --fault '{\"status\":\"down\",\"count\":10}'

The status of a fault is from 400 to 999, or slow, cut or down. It lasts for count calls of the \
vendor's API, or one. A DELETE of /faults, with the same Content-Type, ends it.

Any JWT is accepted as the API KEY, such as eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl; if \
CRYPTOCLOUD_API_KEY is set, only that one.

Exit code: 0 after Ctrl-C, 2 if the server could not start.";
