//! The JSON that the page reads.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use cryptocloud_postback::Format;
use serde::Serialize;

use crate::report::{Payload, Step};

use super::{
    app::App,
    curl,
    forward::Exchange,
    headers::Headers,
    indent::indented,
    journal::{self, Entry, Forwarding, Record},
    response::StoredResponse,
    segments::{Segment, segments},
    verification::Verdict,
};

/// The changes since the revision that a page saw last.
#[derive(Serialize)]
pub(super) struct Update<'a> {
    about: About<'a>,
    /// The oldest stored id.
    oldest: u64,
    postbacks: Vec<Summary<'a>>,
    revision: u64,
    run: &'a str,
}

/// The settings of this run.
#[derive(Serialize)]
struct About<'a> {
    forward: Option<&'a str>,
    keep: usize,
    path: &'a str,
    secret: bool,
    /// A command that sends a postback to this receiver.
    send: String,
    url: String,
}

/// An item of the list.
#[derive(Serialize)]
struct Summary<'a> {
    id: u64,
    /// Claimed by the body, and proven only if the verdict is `Verified`.
    invoice_id: Option<&'a str>,
    method: &'a str,
    pending: bool,
    /// Why the postback was refused, if it was.
    reason: Option<&'a str>,
    received_at: u64,
    resend_of: Option<u64>,
    /// The status of the response, once there is one.
    status: Option<u16>,
    verdict: Verdict,
}

/// Everything about a postback.
#[derive(Serialize)]
pub(super) struct Detail<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    body: Body,
    checks: &'a [Step],
    curl: Option<String>,
    /// When the token expires, in Unix seconds; only if it is verified.
    expires_at: Option<u64>,
    /// The fields of a form, decoded.
    form: Option<Vec<(String, String)>>,
    forwarded: Option<Forwarded<'a>>,
    headers: Vec<Header<'a>>,
    headers_truncated: bool,
    /// The body, indented, if it is JSON.
    json: Option<String>,
    payload: Option<&'a Payload>,
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
    status: Status,
    truncated: bool,
}

#[derive(Serialize)]
struct Status {
    code: u16,
    reason: &'static str,
}

impl<'a> Update<'a> {
    pub(super) fn of(app: &'a App, update: &'a journal::Update) -> Self {
        let settings = &app.settings;
        let about = About {
            forward: settings.forward.as_ref().map(|url| url.as_str()),
            keep: settings.keep,
            path: &settings.path,
            secret: settings.verifier.is_some(),
            send: format!("ccpostback send --url {}", settings.url()),
            url: settings.url(),
        };
        Self {
            about,
            oldest: update.oldest,
            postbacks: update.entries.iter().map(Summary::of).collect(),
            revision: update.revision,
            run: &app.run,
        }
    }
}

impl<'a> Summary<'a> {
    fn of(entry: &'a Entry) -> Self {
        Self {
            id: entry.id,
            invoice_id: entry.record.verification.report.invoice_id.as_deref(),
            method: entry.record.request.method.as_str(),
            pending: matches!(entry.forwarding, Forwarding::Pending),
            reason: entry.record.verification.reason(),
            received_at: entry.record.received_at,
            resend_of: entry.record.resend_of,
            status: entry.status().map(|status| status.as_u16()),
            verdict: entry.record.verification.verdict,
        }
    }
}

impl<'a> Detail<'a> {
    pub(super) fn of(app: &'a App, entry: &'a Entry) -> Self {
        let Record {
            request,
            verification,
            ..
        } = &*entry.record;
        let exchange = match &entry.forwarding {
            Forwarding::Done(exchange) => Some(&**exchange),
            Forwarding::None | Forwarding::Pending => None,
        };
        Self {
            summary: Summary::of(entry),
            body: Body {
                bytes: request.body.len(),
                error: request.body_error.map(|kind| kind.to_string()),
                segments: segments(&request.body),
            },
            checks: &verification.report.checks,
            curl: curl::line(&app.settings.origin(), request),
            expires_at: verification.report.expires_at,
            form: form(request.content_type(), &request.body),
            forwarded: app
                .forwarder
                .as_ref()
                .zip(exchange)
                .map(|(forwarder, exchange)| Forwarded::of(forwarder.url().as_str(), exchange)),
            headers: headers(&request.headers),
            headers_truncated: request.headers.truncated,
            json: indented(&request.body),
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
