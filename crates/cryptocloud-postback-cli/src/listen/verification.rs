use axum::http::{
    HeaderValue,
    header::{CONTENT_ENCODING, CONTENT_LENGTH},
};
use bytes::Bytes;
use cryptocloud_postback::{Check, Error, Postback, UnixTime, Verified, Verifier, check_request};
use serde::Serialize;

use crate::report::{Outcome, Payload, Report, Step};

use super::{request::StoredRequest, response::StoredResponse};

/// What the checks say of an arrival.
pub(super) struct Verification {
    /// What the adapters answer.
    pub(super) answer: StoredResponse,
    pub(super) report: Report,
    pub(super) verdict: Verdict,
}

/// All checks in a word.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
// Closed by nature: yes, no and not known.
pub(super) enum Verdict {
    Refused,
    /// Well-formed, but there is no secret to check the signature with.
    Unchecked,
    Verified,
}

impl Verification {
    pub(super) fn of(arrival: &StoredRequest, verifier: Option<&Verifier>) -> Self {
        match verifier {
            Some(verifier) => match verify(arrival, verifier) {
                Ok(verified) => Self {
                    answer: StoredResponse::received(),
                    report: Report::accepted(&verified),
                    verdict: Verdict::Verified,
                },
                Err(error) => Self::refused(arrival, &error),
            },
            None => match parse(arrival) {
                Ok(postback) => Self {
                    answer: StoredResponse::received(),
                    report: unchecked(&postback),
                    verdict: Verdict::Unchecked,
                },
                Err(error) => Self::refused(arrival, &error),
            },
        }
    }

    /// What was wrong, if anything was.
    pub(super) fn reason(&self) -> Option<&str> {
        self.report
            .checks
            .iter()
            .find_map(|step| match &step.outcome {
                Outcome::Failed(failure) => Some(failure.message.as_str()),
                Outcome::NotMade | Outcome::Ok => None,
            })
    }

    fn refused(arrival: &StoredRequest, error: &Error) -> Self {
        // What is left of a body could read like another postback.
        let body = match arrival.fault {
            Some(_) => Bytes::new(),
            None => arrival.body.clone(),
        };
        let now = UnixTime::now().unwrap_or(UnixTime::from_secs(0));
        Self {
            answer: StoredResponse::refused(error.kind()),
            report: Report::refused(error, arrival.content_type(), body, now),
            verdict: Verdict::Refused,
        }
    }
}

fn verify(arrival: &StoredRequest, verifier: &Verifier) -> Result<Verified, Error> {
    receive(arrival)?;
    verifier.verify(arrival.content_type(), arrival.body.clone())
}

fn parse(arrival: &StoredRequest) -> Result<Postback, Error> {
    receive(arrival)?;
    Postback::parse(arrival.content_type(), arrival.body.clone())
}

/// The checks that adapters make before there is a body to verify.
fn receive(arrival: &StoredRequest) -> Result<(), Error> {
    let encodings = arrival.headers.get_all(&CONTENT_ENCODING);
    let length = arrival.headers.get(&CONTENT_LENGTH);
    check_request(
        arrival.method.as_str(),
        encodings.map(HeaderValue::as_bytes),
        length.map(HeaderValue::as_bytes),
    )?;
    arrival.fault.map_or(Ok(()), |kind| Err(Error::from(kind)))
}

/// Well-formed, and nothing more is known.
fn unchecked(postback: &Postback) -> Report {
    let step = |check: &Check| Step {
        check: check.name(),
        holds: check.to_string(),
        outcome: if *check <= Check::Fields {
            Outcome::Ok
        } else {
            Outcome::NotMade
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
