//! The lines of the output: tables for people, and JSON for programs.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    export::rfc3339, forward::Exchange, journal::Record, settings::Settings, verification::Verdict,
};
use crate::output::{BAD, Escaped, GOOD, WARN, wrapped};

/// How many postbacks arrived, and how many of them could not be forwarded.
#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct Counts {
    not_forwarded: u64,
    refused: u64,
    unchecked: u64,
    verified: u64,
}

impl Counts {
    pub(super) fn add(&mut self, record: &Record, exchange: Option<&Exchange>) {
        *match record.verification.verdict {
            Verdict::Refused => &mut self.refused,
            Verdict::Unchecked => &mut self.unchecked,
            Verdict::Verified => &mut self.verified,
        } += 1;
        self.not_forwarded += u64::from(exchange.is_some_and(|exchange| exchange.result.is_err()));
    }

    /// One line, with what there was.
    pub(super) fn line(self) -> String {
        let sum = self.refused + self.unchecked + self.verified;
        let parts = [
            (self.verified, "verified"),
            (self.refused, "refused"),
            (self.unchecked, "not checked"),
            (self.not_forwarded, "not forwarded"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        match sum {
            0 => "no postback arrived".to_owned(),
            1 => format!("1 postback: {}", parts.join(", ")),
            _ => format!("{sum} postbacks: {}", parts.join(", ")),
        }
    }
}

/// A row of at most 80 columns, and lines below it for what went wrong.
pub(super) fn row(
    settings: &Settings,
    id: u64,
    record: &Record,
    exchange: Option<&Exchange>,
) -> String {
    let verification = &record.verification;
    let (style, verdict) = match verification.verdict {
        Verdict::Refused => (BAD, "refused"),
        Verdict::Unchecked => (WARN, "not checked"),
        Verdict::Verified => (GOOD, "verified"),
    };
    let status = exchange.map_or(verification.response.status, Exchange::status);
    let mut row = format!(
        "{} {:<5} {style}{verdict:<11}{style:#} {}  {}\n",
        clock(record.received_at),
        format!("#{id}"),
        status.as_u16(),
        about(settings, record),
    );
    let resend = record.resend.map(|resend| resend.to_string());
    let failure = exchange.and_then(|exchange| exchange.result.as_ref().err());
    let notes = [
        resend.as_deref(),
        verification.reason(),
        failure.map(String::as_str),
    ];
    for note in notes.into_iter().flatten() {
        for line in wrapped(&Escaped(note).to_string(), 80 - INDENT) {
            row += &format!("{:INDENT$}{line}\n", "");
        }
    }
    row
}

/// Invoice, order and amount, as far as there are any and fit.
fn about(settings: &Settings, record: &Record) -> String {
    let report = &record.verification.report;
    let payload = report.postback.as_ref();
    let field = |name| payload?.get(name)?.as_str();
    let amount = field("amount_crypto").zip(field("currency"));
    let amount = amount.map(|(amount, currency)| format!("{amount} {currency}"));
    let invoice = report.invoice_id.as_deref();
    let parts = [
        Some(invoice.unwrap_or(record.request.method.as_str())),
        field("order_id"),
        amount.as_deref(),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    let about = Escaped(&settings.redactor.text(&parts.join("  "))).to_string();
    if about.chars().count() <= ABOUT {
        return about;
    }
    let start: String = about.chars().take(ABOUT - 3).collect();
    start + "..."
}

/// What arrived, for a program.
pub(super) fn arrival(id: u64, record: &Record) -> Value {
    json!({
        "event": "arrival",
        "id": id,
        "method": record.request.method.as_str(),
        "received_at": rfc3339(record.received_at),
        "report": record.verification.report,
        "resend": record.resend,
        "target": record.request.target,
    })
}

/// How the merchant's server responded, for a program.
pub(super) fn forward(settings: &Settings, id: u64, exchange: &Exchange) -> Value {
    let response = exchange.result.as_ref();
    json!({
        "error": response.err(),
        "event": "forward",
        "id": id,
        "milliseconds": u64::try_from(exchange.duration.as_millis()).unwrap_or(u64::MAX),
        "status": response.ok().map(|response| response.status.as_u16()),
        "url": settings.forward.as_ref().map(|url| url.as_str()),
    })
}

/// The time of day in UTC, like the vendor's timestamps.
fn clock(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}Z", seconds % 60)
}

/// The width of what a row says about a postback.
const ABOUT: usize = 46;
const INDENT: usize = 16;
