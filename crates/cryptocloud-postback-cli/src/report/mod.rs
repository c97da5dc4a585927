//! The checks of one postback in order, for a person and for programs.

mod duration;
mod hint;
mod payload;
mod peek;

use std::error::Error as _;

use bytes::Bytes;
use cryptocloud_postback::{Check, Error, Postback, UnixTime, Verified, Verifier};
use serde::Serialize;

pub(crate) use payload::{Info, Payload};

/// How far a postback came, and what it says.
///
/// It never holds the token; what the sender wrote is in it as it came, so escape it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) verified: bool,
    /// What the adapters answer: 200, where the handler has nothing against it.
    pub(crate) status: u16,
    /// The kind of the error, by its name in the library.
    pub(crate) kind: Option<String>,
    /// Proven if `verified`, else what the body names.
    pub(crate) invoice_id: Option<String>,
    /// Until when the token is good, in Unix seconds; only if `verified`.
    pub(crate) expires_at: Option<u64>,
    pub(crate) checks: Vec<Step>,
    /// None where the body is no postback at all.
    pub(crate) postback: Option<Payload>,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    pub(crate) check: &'static str,
    /// What holds when the check does.
    pub(crate) holds: String,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub(crate) enum Outcome {
    Failed(Failure),
    NotMade,
    Ok,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Failure {
    /// The kind of the error, by its name in the library.
    pub(crate) kind: String,
    /// What was wrong.
    pub(crate) message: String,
    /// What exactly, where more is known.
    pub(crate) cause: Option<String>,
    /// What a person can do about it.
    pub(crate) hint: String,
}

impl Report {
    /// Verifies a body as the adapters do.
    pub(crate) fn of(
        verifier: &Verifier,
        content_type: Option<&[u8]>,
        body: Bytes,
        now: UnixTime,
    ) -> Self {
        match verifier.verify_at(content_type, body.clone(), now) {
            Ok(verified) => Self::accepted(&verified),
            Err(error) => Self::refused(&error, content_type, body, now),
        }
    }

    /// Of a postback that was refused, by `check_request` too.
    pub(crate) fn refused(
        error: &Error,
        content_type: Option<&[u8]>,
        body: Bytes,
        now: UnixTime,
    ) -> Self {
        let postback = Postback::parse(content_type, body.clone()).ok();
        let named = postback.as_ref().map(|postback| &postback.invoice_id);
        let failure = Failure {
            kind: format!("{:?}", error.kind()),
            message: error.to_string(),
            cause: error.source().map(ToString::to_string),
            hint: hint::hint(error, content_type, &body, now),
        };
        Self {
            verified: false,
            status: error.kind().status_code(),
            kind: Some(failure.kind.clone()),
            invoice_id: error
                .claimed_invoice_id()
                .or(named)
                .map(ToString::to_string),
            expires_at: None,
            checks: steps(error.kind().failed_check(), failure),
            postback: postback.map(|postback| Payload::of(&postback)),
        }
    }

    /// Of a postback that was accepted.
    pub(crate) fn accepted(verified: &Verified) -> Self {
        let ok = |check: &Check| Step::new(*check, Outcome::Ok);
        Self {
            verified: true,
            status: 200,
            kind: None,
            invoice_id: Some(verified.invoice_id().to_string()),
            expires_at: Some(verified.expires_at().as_secs()),
            checks: Check::ALL.iter().map(ok).collect(),
            postback: Some(Payload::of(verified.reported())),
        }
    }
}

impl Step {
    fn new(check: Check, outcome: Outcome) -> Self {
        Self {
            check: check.name(),
            holds: check.to_string(),
            outcome,
        }
    }
}

/// Those before the failed one held, and those after it were not made.
fn steps(failed: Option<Check>, failure: Failure) -> Vec<Step> {
    let outcome = |check: Check| match failed {
        Some(failed) if check < failed => Outcome::Ok,
        Some(failed) if check == failed => Outcome::Failed(failure.clone()),
        _ => Outcome::NotMade,
    };
    let step = |check: &Check| Step::new(*check, outcome(*check));
    Check::ALL.iter().map(step).collect()
}
