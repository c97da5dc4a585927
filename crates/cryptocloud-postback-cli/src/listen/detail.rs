//! The JSON of one postback.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use cryptocloud_postback::Format;
use serde::Serialize;
use serde_json::Value;

use super::{
    app::App,
    curl,
    forward::Exchange,
    headers::Headers,
    html,
    journal::{Entry, Record},
    response::StoredResponse,
    segments::{Segment, segments},
    view::Summary,
};
use crate::report::{Step, unverified_claims};

/// Everything about a postback.
#[derive(Serialize)]
pub(super) struct Detail<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    body: Body,
    checks: &'a [Step],
    /// Of the token, decoded, and proven only if the verdict is `Verified`.
    claims: Option<Value>,
    curl: Option<String>,
    /// When the token expires, in Unix seconds; only if it is verified.
    expires_at: Option<u64>,
    /// The fields of a form, decoded.
    form: Option<Vec<(String, String)>>,
    forwarded: Option<Forwarded<'a>>,
    headers: Vec<Header<'a>>,
    headers_truncated: bool,
    payload: Option<&'a Value>,
    resendable: bool,
    /// The response of the adapters, sent to the sender unless the postback was forwarded.
    response: Message<'a>,
    target: &'a str,
}

#[derive(Serialize)]
struct Body {
    bytes: usize,
    /// Why it is incomplete, if it is.
    error: Option<String>,
    segments: Vec<Segment>,
}

#[derive(Serialize)]
struct Forwarded<'a> {
    error: Option<&'a str>,
    milliseconds: u128,
    response: Option<Message<'a>>,
    url: &'a str,
}

#[derive(Serialize)]
struct Header<'a> {
    name: &'a str,
    /// `None` if it was left out.
    value: Option<Vec<Segment>>,
}

#[derive(Serialize)]
struct Message<'a> {
    body: Vec<Segment>,
    headers: Vec<Header<'a>>,
    /// The text of the body, if it is HTML.
    html: Option<String>,
    status: Status,
    truncated: bool,
}

#[derive(Serialize)]
struct Status {
    code: u16,
    reason: &'static str,
}

impl<'a> Detail<'a> {
    pub(super) fn of(app: &'a App, entry: &'a Entry) -> Self {
        let Record {
            request,
            verification,
            ..
        } = &*entry.record;
        Self {
            summary: Summary::of(entry),
            body: Body {
                bytes: request.body.len(),
                error: request.body_error.map(|kind| kind.to_string()),
                segments: segments(&request.body),
            },
            checks: &verification.report.checks,
            claims: unverified_claims(request.content_type(), &request.body),
            curl: curl::line(&app.settings.origin(), request),
            expires_at: verification.report.expires_at,
            form: form(request.content_type(), &request.body),
            forwarded: (app.settings.forward.as_ref())
                .zip(entry.exchange())
                .map(|(url, exchange)| Forwarded::of(url.as_str(), exchange)),
            headers: headers(&request.headers),
            headers_truncated: request.headers.truncated,
            payload: verification.report.postback.as_ref(),
            resendable: app.forwarder.is_some() && request.body_error.is_none(),
            response: Message::of(&verification.response),
            target: &request.target,
        }
    }
}

impl<'a> Forwarded<'a> {
    fn of(url: &'a str, exchange: &'a Exchange) -> Self {
        Self {
            error: exchange.result.as_ref().err().map(String::as_str),
            milliseconds: exchange.duration.as_millis(),
            response: exchange.result.as_ref().ok().map(Message::of),
            url,
        }
    }
}

impl<'a> Message<'a> {
    fn of(response: &'a StoredResponse) -> Self {
        Self {
            body: segments(&response.body),
            headers: headers(&response.headers),
            html: response.html().map(html::text),
            status: Status::of(response.status),
            truncated: response.truncated,
        }
    }
}

impl Status {
    fn of(status: StatusCode) -> Self {
        Self {
            code: status.as_u16(),
            reason: status.canonical_reason().unwrap_or_default(),
        }
    }
}

fn headers<'a>(headers: &'a Headers) -> Vec<Header<'a>> {
    let header = |(name, value): (&'a HeaderName, Option<&HeaderValue>)| Header {
        name: name.as_str(),
        value: value.map(|value| segments(value.as_bytes())),
    };
    headers.iter().map(header).collect()
}

fn form(content_type: Option<&[u8]>, body: &[u8]) -> Option<Vec<(String, String)>> {
    match Format::detect(content_type, body).ok()? {
        Format::Form => serde_urlencoded::from_bytes(body).ok(),
        Format::Json => None,
    }
}
