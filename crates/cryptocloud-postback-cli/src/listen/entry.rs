use std::sync::OnceLock;

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode},
};
use bytes::Bytes;
use cryptocloud_postback::{
    self as core, Error, OffsetDateTime, Postback, RequestHead, UnixTime, Verifier,
};
use serde::Serialize;

use super::{
    app::App,
    forward::Exchange,
    request::{Received, content_type},
    resend::Resend,
};
use crate::{guard, report::Report};

/// A postback that arrived.
pub(super) struct Entry {
    /// How forwarding ended, once it has; `None` if the postback is not forwarded.
    pub(super) forward: Option<OnceLock<Exchange>>,
    pub(super) id: u64,
    pub(super) received_at: OffsetDateTime,
    pub(super) report: Report,
    pub(super) request: Received,
    pub(super) resend: Option<Resend>,
    /// The response of the adapters.
    pub(super) response: Response<Bytes>,
}

/// The result of the checks in one word.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
// Closed by nature: yes, no and unknown.
pub(super) enum Verdict {
    Refused,
    /// Well-formed, but there is no secret to check the signature.
    Unchecked,
    Verified,
}

impl Entry {
    /// Checks a request that arrives now.
    pub(super) fn new(id: u64, request: Received, resend: Option<Resend>, app: &App) -> Self {
        let (report, response) = match check(&request, app.verifier.as_ref()) {
            Ok(report) => (report, core::Response::RECEIVED),
            Err(error) => (refused(&request, &error), error.kind().response()),
        };
        let is_forwarded = app.args.forward.is_some() && request.body().is_ok();
        Self {
            forward: is_forwarded.then(OnceLock::new),
            id,
            received_at: OffsetDateTime::now_utc(),
            report,
            request,
            resend,
            response: response.into(),
        }
    }

    pub(super) fn verdict(&self) -> Verdict {
        match self.report.kind {
            Some(_) => Verdict::Refused,
            None if self.report.verified => Verdict::Verified,
            None => Verdict::Unchecked,
        }
    }

    pub(super) fn exchange(&self) -> Option<&Exchange> {
        self.forward.as_ref()?.get()
    }

    /// The status of the response to the sender, once there is one.
    pub(super) fn status(&self) -> Option<StatusCode> {
        let Some(forward) = &self.forward else {
            return Some(self.response.status());
        };
        let response = forward.get()?.result.as_ref();
        Some(response.map_or(StatusCode::BAD_GATEWAY, Response::status))
    }

    /// The response to the sender.
    pub(super) fn reply(&self) -> Response<Body> {
        match self.exchange().map(|exchange| &exchange.result) {
            Some(Ok(response)) => passed_on(response),
            Some(Err(error)) => {
                guard::error(StatusCode::BAD_GATEWAY, &format!("not forwarded: {error}"))
            }
            None => passed_on(&self.response),
        }
    }
}

fn check(request: &Received, verifier: Option<&Verifier>) -> Result<Report, Error> {
    let headers = request.headers().iter();
    let head = RequestHead::check(
        request.method().as_str(),
        headers.map(|(name, value)| (name.as_str(), value.as_bytes())),
    )?;
    let body = match request.body() {
        Ok(body) => head.body(body.clone())?,
        Err(kind) => return Err(head.refuse(*kind)),
    };
    match verifier {
        Some(verifier) => body.verify(verifier).map(|it| Report::accepted(&it)),
        None => Postback::parse(content_type(request.headers()), body.body().clone())
            .map(|postback| Report::unchecked(&postback)),
    }
}

fn refused(request: &Received, error: &Error) -> Report {
    let body = request.body().clone().unwrap_or_default();
    let now = UnixTime::now().unwrap_or(UnixTime::from_secs(0));
    Report::refused(error, content_type(request.headers()), body, now)
}

/// With the headers that matter to a sender; never cookies or CORS headers.
fn passed_on(response: &Response<Bytes>) -> Response<Body> {
    let mut copy = Response::new(response.body().clone().into());
    *copy.status_mut() = response.status();
    let headers = copy.headers_mut();
    for name in COPIED {
        if let Some(value) = response.headers().get(name) {
            headers.insert(name, value.clone());
        }
    }
    // A page from the forwarding target must not run in the origin of ours.
    for (name, value) in [
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    copy
}

const COPIED: [&str; 5] = [
    "allow",
    "content-type",
    "location",
    "retry-after",
    "www-authenticate",
];
