use axum::http::{
    HeaderValue,
    header::{CONTENT_ENCODING, CONTENT_LENGTH},
};
use bytes::Bytes;
use cryptocloud_postback::{Check, Error, Postback, UnixTime, Verified, Verifier, check_request};
use serde::Serialize;

use crate::report::{Outcome, Payload, Report, Step};

use super::{request::StoredRequest, response::StoredResponse};

/// The result of the checks of a request.
pub(super) struct Verification {
    pub(super) report: Report,
    /// The response of the adapters.
    pub(super) response: StoredResponse,
    pub(super) verdict: Verdict,
}

/// The result in one word.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
// Closed by nature: yes, no and unknown.
pub(super) enum Verdict {
    Refused,
    /// Well-formed, but there is no secret to check the signature.
    Unchecked,
    Verified,
}

impl Verification {
    pub(super) fn of(request: &StoredRequest, verifier: Option<&Verifier>) -> Self {
        match verifier {
            Some(verifier) => match verify(request, verifier) {
                Ok(verified) => Self {
                    report: Report::accepted(&verified),
                    response: StoredResponse::received(),
                    verdict: Verdict::Verified,
                },
                Err(error) => Self::refused(request, &error),
            },
            None => match parse(request) {
                Ok(postback) => Self {
                    report: unchecked(&postback),
                    response: StoredResponse::received(),
                    verdict: Verdict::Unchecked,
                },
                Err(error) => Self::refused(request, &error),
            },
        }
    }

    /// Why the postback was refused, if it was.
    pub(super) fn reason(&self) -> Option<&str> {
        self.report
            .checks
            .iter()
            .find_map(|step| match &step.outcome {
                Outcome::Failed(failure) => Some(failure.message.as_str()),
                Outcome::Skipped | Outcome::Ok => None,
            })
    }

    fn refused(request: &StoredRequest, error: &Error) -> Self {
        // A truncated body could parse as another postback.
        let body = match request.body_error {
            Some(_) => Bytes::new(),
            None => request.body.clone(),
        };
        let now = UnixTime::now().unwrap_or(UnixTime::from_secs(0));
        Self {
            report: Report::refused(error, request.content_type(), body, now),
            response: StoredResponse::refused(error.kind()),
            verdict: Verdict::Refused,
        }
    }
}

fn verify(request: &StoredRequest, verifier: &Verifier) -> Result<Verified, Error> {
    check(request)?;
    verifier.verify(request.content_type(), request.body.clone())
}

fn parse(request: &StoredRequest) -> Result<Postback, Error> {
    check(request)?;
    Postback::parse(request.content_type(), request.body.clone())
}

/// The checks that adapters run before they verify a body.
fn check(request: &StoredRequest) -> Result<(), Error> {
    let encodings = request.headers.get_all(&CONTENT_ENCODING);
    let length = request.headers.get(&CONTENT_LENGTH);
    check_request(
        request.method.as_str(),
        encodings.map(HeaderValue::as_bytes),
        length.map(HeaderValue::as_bytes),
    )?;
    request
        .body_error
        .map_or(Ok(()), |kind| Err(Error::from(kind)))
}

/// The report of a well-formed postback without a secret to verify it.
fn unchecked(postback: &Postback) -> Report {
    let step = |check: &Check| Step {
        check: check.name(),
        requirement: check.to_string(),
        outcome: if *check <= Check::Fields {
            Outcome::Ok
        } else {
            Outcome::Skipped
        },
    };
    Report {
        verified: false,
        status: 200,
        kind: None,
        invoice_id: Some(postback.invoice_id.to_string()),
        expires_at: None,
        checks: Check::ALL.iter().map(step).collect(),
        postback: Some(Payload::of(postback)),
    }
}
