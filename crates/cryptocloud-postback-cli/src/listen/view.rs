//! What the page gets to see.

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
    journal::{self, Delivery, Entry, Record},
    response::StoredResponse,
    segments::{Segment, segments},
    verification::Verdict,
};

/// What is new since a page last heard of it.
#[derive(Serialize)]
pub(super) struct Update<'a> {
    about: About<'a>,
    /// All before this one are gone.
    oldest: u64,
    postbacks: Vec<Summary<'a>>,
    revision: u64,
    run: &'a str,
}

/// What was set at the start.
#[derive(Serialize)]
struct About<'a> {
    forward: Option<&'a str>,
    keep: usize,
    path: &'a str,
    secret: bool,
    /// A command that sends a postback here.
    send: String,
    url: String,
}

/// A line of the list.
#[derive(Serialize)]
struct Summary<'a> {
    id: u64,
    /// What the body names, proven only if the verdict says so.
    invoice_id: Option<&'a str>,
    method: &'a str,
    pending: bool,
    /// What was wrong, if anything was.
    reason: Option<&'a str>,
    received_at: u64,
    resend_of: Option<u64>,
    /// That of the answer, once there is one.
    status: Option<u16>,
    verdict: Verdict,
}

/// All of a postback.
#[derive(Serialize)]
pub(super) struct Detail<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    body: Body,
    checks: &'a [Step],
    curl: Option<String>,
    /// Until when the token is good, in Unix seconds; only if it is verified.
    expires_at: Option<u64>,
    /// The fields of a form, decoded.
    form: Option<Vec<(String, String)>>,
    forwarded: Option<Forwarded<'a>>,
    headers: Vec<Header<'a>>,
    headers_cut: bool,
    /// JSON, with a line for each value.
    json: Option<String>,
    /// What the adapters answer.
    judged: Message<'a>,
    payload: Option<&'a Payload>,
    resendable: bool,
    target: &'a str,
}

#[derive(Serialize)]
struct Body {
    bytes: usize,
    /// Why it is not all here.
    fault: Option<String>,
    segments: Vec<Segment>,
}

#[derive(Serialize)]
struct Forwarded<'a> {
    answer: Option<Message<'a>>,
    error: Option<&'a str>,
    milliseconds: u128,
    url: &'a str,
}

#[derive(Serialize)]
struct Header<'a> {
    name: &'a str,
    /// None where it was left out.
    value: Option<Vec<Segment>>,
}

#[derive(Serialize)]
struct Message<'a> {
    body: Vec<Segment>,
    cut: bool,
    headers: Vec<Header<'a>>,
    status: Status,
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
            invoice_id: entry.record.judgement.report.invoice_id.as_deref(),
            method: entry.record.arrival.method.as_str(),
            pending: matches!(entry.delivery, Delivery::Pending),
            reason: entry.record.judgement.reason(),
            received_at: entry.record.received_at,
            resend_of: entry.record.resend_of,
            status: entry.status().map(|status| status.as_u16()),
            verdict: entry.record.judgement.verdict,
        }
    }
}

impl<'a> Detail<'a> {
    pub(super) fn of(app: &'a App, entry: &'a Entry) -> Self {
        let Record {
            arrival, judgement, ..
        } = &*entry.record;
        let exchange = match &entry.delivery {
            Delivery::Done(exchange) => Some(&**exchange),
            Delivery::None | Delivery::Pending => None,
        };
        Self {
            summary: Summary::of(entry),
            body: Body {
                bytes: arrival.body.len(),
                fault: arrival.fault.map(|kind| kind.to_string()),
                segments: segments(&arrival.body),
            },
            checks: &judgement.report.checks,
            curl: curl::line(&app.settings.origin(), arrival),
            expires_at: judgement.report.expires_at,
            form: form(arrival.content_type(), &arrival.body),
            forwarded: app
                .forwarder
                .as_ref()
                .zip(exchange)
                .map(|(forwarder, exchange)| Forwarded::of(forwarder.url().as_str(), exchange)),
            headers: headers(&arrival.headers),
            headers_cut: arrival.headers.cut,
            json: indented(&arrival.body),
            judged: Message::of(&judgement.answer),
            payload: judgement.report.postback.as_ref(),
            resendable: app.forwarder.is_some() && arrival.fault.is_none(),
            target: &arrival.target,
        }
    }
}

impl<'a> Forwarded<'a> {
    fn of(url: &'a str, exchange: &'a Exchange) -> Self {
        Self {
            answer: exchange.result.as_ref().ok().map(Message::of),
            error: exchange.result.as_ref().err().map(String::as_str),
            milliseconds: exchange.duration.as_millis(),
            url,
        }
    }
}

impl<'a> Message<'a> {
    fn of(answer: &'a StoredResponse) -> Self {
        Self {
            body: segments(&answer.body),
            cut: answer.cut,
            headers: headers(&answer.headers),
            status: Status::of(answer.status),
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
