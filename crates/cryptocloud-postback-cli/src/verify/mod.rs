//! `ccpostback verify`

mod text;
mod time;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::bail;
use cryptocloud_postback::{MAX_BODY_BYTES, RequestHead, UnixTime};

use crate::{input, output, report::Report, secret::SecretOptions};

/// Verify one body and show each check in order
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The file with the body, or - for standard input
    #[arg(default_value = "-")]
    file: PathBuf,

    /// The request's Content-Type; if missing, the format is detected from the body's first byte
    #[arg(long, value_name = "TYPE", help_heading = REQUEST)]
    content_type: Option<String>,

    /// The request's Content-Encoding
    #[arg(long, value_name = "CODING", help_heading = REQUEST)]
    content_encoding: Option<String>,

    /// The request's method
    #[arg(long, default_value = "POST", help_heading = REQUEST)]
    method: String,

    /// Verify as of this time, in RFC 3339 or Unix seconds [default: now]
    #[arg(long, value_name = "TIME", value_parser = time::parse, help_heading = RULES)]
    at: Option<UnixTime>,

    /// How far this machine's clock and the vendor's may differ, from 0 to 300
    #[arg(long, value_name = "SECONDS", default_value_t = 60, help_heading = RULES)]
    leeway: u64,

    /// Accept any status, not only success
    #[arg(long, help_heading = RULES)]
    accept_any_status: bool,

    /// Refuse a postback without order_id, as payment links send it
    #[arg(long, help_heading = RULES)]
    require_order_id: bool,

    /// Refuse a postback that does not say that its payment is live, as no form does
    #[arg(long, help_heading = RULES)]
    require_live_payment: bool,

    /// Print one line of JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    secret: SecretOptions,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let verifier = args
        .secret
        .verifier()?
        .accept_any_status(args.accept_any_status)
        .leeway(Duration::from_secs(args.leeway))
        .require_live_payment(args.require_live_payment)
        .require_order_id(args.require_order_id)
        .build()?;
    // One byte over the limit is enough to see that the body is too large.
    let body = input::read(&args.file, MAX_BODY_BYTES + 1)?;
    if body.is_empty() && args.content_type.is_none() {
        bail!("the body is empty: name a file or pipe a body to standard input");
    }
    let now = match args.at {
        Some(time) => time,
        None => UnixTime::now()?,
    };
    let content_type = args.content_type.as_deref().map(str::as_bytes);
    let encoding = args.content_encoding.as_deref().map(str::as_bytes);
    let headers = [
        ("content-type", content_type),
        ("content-encoding", encoding),
    ];
    let headers = headers.into_iter();
    let head = RequestHead::check(
        &args.method,
        headers.filter_map(|(name, value)| Some((name, value?))),
    );
    let report = match head.and_then(|head| verifier.verify_at(head, body.clone(), now)) {
        Ok(verified) => Report::accepted(&verified),
        Err(error) => Report::refused(&error, content_type, body, now),
    };
    output::print_result(args.json, &report, || text::text(&report))?;
    Ok(ExitCode::from(u8::from(!report.verified)))
}

const AFTER_HELP: &str = "\
Examples:
  ccpostback verify body.json
  ccpostback verify --content-type application/x-www-form-urlencoded < body.txt
  ccpostback verify --at 2026-01-27T10:23:20Z body.json
  ccpostback sign | ccpostback verify --json

Exit code: 0 if the postback is verified, 1 if it is refused, 2 if nothing could be verified.";

const REQUEST: &str = "Request";
const RULES: &str = "Rules";
