//! `ccpostback verify`

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, bail};
use cryptocloud_postback::{OffsetDateTime, RequestHead, UnixTime};
use time::format_description::well_known::Rfc3339;

use crate::{
    input,
    output::{self, BAD, BOLD, DIM, Escaped, GOOD, wrapped},
    report::Report,
    secret::SecretOptions,
};

/// Verify one body and show each check in order
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The file with the body, or - for standard input
    #[arg(default_value = "-")]
    file: PathBuf,

    /// The request's Content-Type; if missing, the format is detected from the body's first byte
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,

    /// The request's Content-Encoding
    #[arg(long, value_name = "CODING")]
    content_encoding: Option<String>,

    /// The request's method
    #[arg(long, default_value = "POST")]
    method: String,

    /// Verify as of this time, in RFC 3339 or Unix seconds [default: now]
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Rules")]
    at: Option<UnixTime>,

    /// How far this machine's clock and the vendor's may differ, from 0 to 300
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        help_heading = "Rules"
    )]
    leeway: u64,

    /// Accept any status, not only success
    #[arg(long, help_heading = "Rules")]
    accept_any_status: bool,

    /// Refuse a postback without order_id, as payment links send it
    #[arg(long, help_heading = "Rules")]
    require_order_id: bool,

    /// Refuse a test payment, and every form: only JSON says that a payment is no test
    #[arg(long, help_heading = "Rules")]
    require_live_payment: bool,

    /// Print one line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    secret: SecretOptions,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (verifier, _) = args.secret.verifier_and_secrets()?;
    let verifier = verifier
        .accept_any_status(args.accept_any_status)
        .leeway(Duration::from_secs(args.leeway))
        .require_live_payment(args.require_live_payment)
        .require_order_id(args.require_order_id)
        .build()?;
    let body = input::read(&args.file)?;
    if body.is_empty() && args.content_type.is_none() {
        bail!("the body is empty: name a file or pipe a body to standard input");
    }
    let now = args.at.map_or_else(UnixTime::now, Ok)?;
    let content_type = args.content_type.as_deref().map(str::as_bytes);
    let encoding = args.content_encoding.as_deref().map(str::as_bytes);
    let headers = [
        ("content-type", content_type),
        ("content-encoding", encoding),
    ];
    let headers = headers
        .into_iter()
        .filter_map(|(name, it)| Some((name, it?)));
    let head = RequestHead::check(&args.method, headers);
    let report = match head.and_then(|head| verifier.verify_at(head, body.clone(), now)) {
        Ok(verified) => Report::accepted(&verified),
        Err(error) => Report::refused(&error, content_type, body, now),
    };
    output::print_result(args.json, &report, || text(&report))?;
    Ok(ExitCode::from(u8::from(!report.verified)))
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for step in &report.checks {
        let (style, mark) = match step.result {
            "failed" => (BAD, "failed"),
            "ok" => (GOOD, "ok"),
            _ => (DIM, "-"),
        };
        let (check, requirement) = (step.check, &step.requirement);
        text += &format!("{style}{mark:<8}{style:#}{check:<11}{requirement}\n");
        for words in [&step.message, &step.cause, &step.hint]
            .into_iter()
            .flatten()
        {
            for line in wrapped(&Escaped(words).to_string(), 61) {
                text += &format!("{:19}{line}\n", "");
            }
        }
    }
    let id = Escaped(report.invoice_id.as_deref().unwrap_or("none"));
    text += &if report.verified {
        format!("\n{GOOD}verified{GOOD:#}: invoice {id}\n")
    } else {
        let status = report.status;
        format!("\n{BAD}refused{BAD:#} with status {status}: the body claims invoice {id}\n")
    };
    if let Some(payload) = &report.postback {
        text += &format!("\n{BOLD}reported, but not signed by the token{BOLD:#}\n");
        text += &output::fields("", payload);
    }
    text
}

/// Parses RFC 3339 or seconds since 1970.
pub(crate) fn time(text: &str) -> anyhow::Result<UnixTime> {
    if let Ok(seconds) = text.parse() {
        return Ok(UnixTime::from_secs(seconds));
    }
    let time = OffsetDateTime::parse(text, &Rfc3339)
        .context("the time must be RFC 3339, such as 2026-01-27T10:23:20Z, or Unix seconds")?;
    let seconds = u64::try_from(time.unix_timestamp()).context("the time is before 1970")?;
    Ok(UnixTime::from_secs(seconds))
}

const AFTER_HELP: &str = "\
Examples:
  ccpostback verify body.json
  ccpostback verify --content-type application/x-www-form-urlencoded < body.txt
  ccpostback sign | ccpostback verify --json

Exit code: 0 if the postback is verified, 1 if it is refused, 2 if neither.";
