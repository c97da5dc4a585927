//! `ccpostback listen`: receives postbacks and shows them on a local page.

mod api;
mod app;
mod curl;
mod entry;
mod export;
mod forward;
mod request;
mod resend;
mod terminal;
mod view;

use std::{process::ExitCode, sync::Arc, time::Duration};

use reqwest::Url;

use crate::{client, secret::SecretOptions, server};
use app::App;

/// Receive postbacks and show them with their checks on a local page
///
/// Without a secret it shows what arrives but checks no signature.
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The address to listen on; port 0 picks a free port
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:4000",
        value_parser = server::address
    )]
    addr: String,

    /// The path that receives postbacks
    #[arg(long, default_value = "/postback", value_parser = path)]
    path: String,

    /// Forward each postback to this URL and return its response; redirects are not followed
    #[arg(long, value_name = "URL", value_parser = client::url)]
    forward: Option<Url>,

    /// How many postbacks to keep in memory
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    keep: u16,

    /// Print a line of JSON for each postback that arrives or is forwarded, without its token
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    secret: SecretOptions,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let listener = server::bind(&args.addr).await?;
    let app = Arc::new(App::new(args, listener.local_addr()?)?);
    app.terminal.started(&app);
    let router = api::router(app.clone());
    server::serve(listener, router, GRACE, || app.changes.end()).await?;
    app.terminal.finish(&app).await;
    Ok(ExitCode::SUCCESS)
}

/// Parses a path that no page file and no URL syntax gets in the way of, for clap.
fn path(text: &str) -> Result<String, &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    if !text.starts_with('/') || text == "/" || !text.bytes().all(is_plain) {
        return Err("a path is / and what follows, of letters, digits and / - . _ ~ only");
    }
    if ["api", "page"].contains(&text.split('/').nth(1).unwrap_or_default()) {
        return Err("paths under /api and /page are reserved for the page");
    }
    Ok(text.to_owned())
}

/// For the requests in flight.
const GRACE: Duration = Duration::from_secs(2);

const AFTER_HELP: &str = "\
Examples:
  ccpostback listen
  ccpostback listen --forward http://127.0.0.1:3000/postback
  ccpostback listen --addr localhost:0 --path /hook --keep 20
  ccpostback listen --json | jq 'select(.event == \"arrival\") | .report.invoice_id'

Exit code: 0 after Ctrl-C, or 2 if it could not start.";
