//! The JSON of a postback.

use axum::http::{HeaderMap, Response};
use bytes::Bytes;
use cryptocloud_postback::OffsetDateTime;
use serde::Serialize;
use serde_json::{Value, json};
use time::{format_description::BorrowedFormatItem, macros::format_description};

use super::{
    app::App,
    curl,
    entry::{Entry, Verdict},
    forward::MAX_BODY_BYTES,
    request::{content_type, is_credential},
    resend::Resend,
};
use crate::report::{Report, unverified_claims};

/// What the list and the output show of a postback. It never holds the token.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    pub(super) id: u64,
    pub(super) method: &'a str,
    /// How long the merchant's server took.
    milliseconds: Option<u64>,
    /// Why it did not reach the merchant's server.
    pub(super) not_forwarded: Option<&'a str>,
    /// Why it was refused, if it was.
    pub(super) reason: Option<&'a str>,
    pub(super) received_at: String,
    pub(super) report: &'a Report,
    pub(super) resend: Option<Resend>,
    /// The status of the response, once there is one.
    pub(super) status: Option<u16>,
    /// Path and query.
    pub(super) target: String,
    pub(super) verdict: Verdict,
}

/// Everything about a postback.
#[derive(Serialize)]
pub(super) struct Detail<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    #[serde(flatten)]
    more: Value,
}

impl<'a> Summary<'a> {
    pub(super) fn of(entry: &'a Entry) -> Self {
        let exchange = entry.exchange();
        let error = exchange.and_then(|exchange| exchange.result.as_ref().err());
        let mut checks = entry.report.checks.iter();
        Self {
            id: entry.id,
            method: entry.request.method().as_str(),
            milliseconds: exchange.map(|exchange| exchange.milliseconds),
            not_forwarded: error.map(String::as_str),
            reason: checks.find_map(|step| step.message.as_deref()),
            received_at: rfc3339(entry.received_at),
            report: &entry.report,
            resend: entry.resend,
            status: entry.status().map(|status| status.as_u16()),
            target: entry.request.uri().to_string(),
            verdict: entry.verdict(),
        }
    }
}

impl<'a> Detail<'a> {
    pub(super) fn of(entry: &'a Entry, app: &App) -> Self {
        let headers = entry.request.headers();
        let body = entry.request.body();
        let bytes = body.as_deref().unwrap_or_default();
        let exchange = entry.exchange();
        let forwarded = exchange.and_then(|exchange| exchange.result.as_ref().ok());
        let more = json!({
            "body": text(bytes),
            "body_error": body.as_ref().err().map(ToString::to_string),
            // Proven only if the postback is verified.
            "claims": unverified_claims(content_type(headers), bytes),
            "curl": curl::command(&entry.request, app),
            "forwarded": forwarded.map(message),
            "headers": shown(headers),
            "response": message(&entry.response),
        });
        let summary = Summary::of(entry);
        Self { summary, more }
    }
}

fn message(response: &Response<Bytes>) -> Value {
    json!({
        "body": text(response.body()),
        "headers": shown(response.headers()),
        "is_truncated": response.body().len() == MAX_BODY_BYTES,
        "status": response.status().to_string(),
    })
}

/// Names and values; null for credentials.
fn shown(headers: &HeaderMap) -> Value {
    let headers = headers.iter();
    let headers = headers.map(|(name, value)| {
        let value = (!is_credential(name)).then(|| text(value.as_bytes()));
        json!([name.as_str(), value])
    });
    headers.collect()
}

/// Bytes as text, with escapes such as `\xff` for what is not UTF-8.
fn text(bytes: &[u8]) -> String {
    let text = |chunk: std::str::Utf8Chunk<'_>| {
        format!("{}{}", chunk.valid(), chunk.invalid().escape_ascii())
    };
    bytes.utf8_chunks().map(text).collect()
}

/// With milliseconds, so that all times have the same length.
pub(super) fn rfc3339(time: OffsetDateTime) -> String {
    time.format(RFC_3339).unwrap_or_default()
}

const RFC_3339: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
