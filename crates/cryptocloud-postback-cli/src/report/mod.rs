//! The checks of one postback in order, for people and for programs.

mod duration;
mod hint;
mod payload;

use std::error::Error as _;

use bytes::Bytes;
use cryptocloud_postback::{Check, Error, Postback, UnixTime, Verified};
use serde::Serialize;

pub(crate) use hint::unverified_claims;
pub(crate) use payload::Payload;

/// Which checks a postback passed, and what it reports.
///
/// It never holds the token. It holds strings from the sender unchanged, so escape them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) verified: bool,
    /// The status that the adapters respond with, or 200 if the handler has to decide.
    pub(crate) status: u16,
    /// The name of the `ErrorKind`.
    pub(crate) kind: Option<String>,
    /// Proven if `verified`, else what the body claims.
    pub(crate) invoice_id: Option<String>,
    /// When the token expires, in Unix seconds; only if `verified`.
    pub(crate) expires_at: Option<u64>,
    pub(crate) checks: Vec<Step>,
    /// `None` if the body is not a postback.
    pub(crate) postback: Option<Payload>,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    pub(crate) check: &'static str,
    /// What has to be true for the check to pass.
    pub(crate) requirement: String,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub(crate) enum Outcome {
    Failed(Failure),
    Ok,
    /// Not run, since an earlier check failed or there is no secret.
    Skipped,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Failure {
    /// The name of the `ErrorKind`.
    pub(crate) kind: String,
    /// What was wrong.
    pub(crate) message: String,
    /// More detail, if there is any.
    pub(crate) cause: Option<String>,
    /// What an operator can do about it.
    pub(crate) hint: String,
}

impl Report {
    /// The report of a postback that was accepted.
    pub(crate) fn accepted(verified: &Verified) -> Self {
        Self {
            verified: true,
            expires_at: Some(verified.expires_at().as_secs()),
            checks: steps(|_| Outcome::Ok),
            ..Self::unchecked(verified.reported())
        }
    }

    /// The report of a well-formed postback, without a secret to verify it.
    pub(crate) fn unchecked(postback: &Postback) -> Self {
        Self {
            verified: false,
            status: 200,
            kind: None,
            invoice_id: Some(postback.invoice_id.to_string()),
            expires_at: None,
            checks: steps(|check| {
                if check <= Check::Fields {
                    Outcome::Ok
                } else {
                    Outcome::Skipped
                }
            }),
            postback: Some(Payload::of(postback)),
        }
    }

    /// The report of a postback that was refused.
    pub(crate) fn refused(
        error: &Error,
        content_type: Option<&[u8]>,
        body: Bytes,
        now: UnixTime,
    ) -> Self {
        let postback = Postback::parse(content_type, body.clone()).ok();
        let claimed = postback.as_ref().map(|postback| &postback.invoice_id);
        let failure = Failure {
            kind: format!("{:?}", error.kind()),
            message: error.to_string(),
            cause: error.source().map(ToString::to_string),
            hint: hint::hint(error.kind(), content_type, &body, now),
        };
        Self {
            verified: false,
            status: error.kind().response().status(),
            kind: Some(failure.kind.clone()),
            invoice_id: error
                .claimed_invoice_id()
                .or(claimed)
                .map(ToString::to_string),
            expires_at: None,
            // Those before the failed one passed, and those after it did not run.
            checks: steps(|check| match error.kind().failed_check() {
                Some(failed) if check < failed => Outcome::Ok,
                Some(failed) if check == failed => Outcome::Failed(failure.clone()),
                _ => Outcome::Skipped,
            }),
            postback: postback.map(|postback| Payload::of(&postback)),
        }
    }
}

fn steps(outcome: impl Fn(Check) -> Outcome) -> Vec<Step> {
    let step = |check: &Check| Step {
        check: check.name(),
        requirement: check.to_string(),
        outcome: outcome(*check),
    };
    Check::ALL.iter().map(step).collect()
}
