use cryptocloud_postback::ErrorKind;
use serde::Serialize;

use super::attack::{Attack, Expected};
use crate::client::{Response, SendError, SendErrorKind};

/// How an endpoint responded to one attack or control.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// The status that our adapters respond with.
    expected: Option<u16>,
    /// `None` if there was no response.
    pub(super) status: Option<u16>,
    pub(super) verdict: Verdict,
    /// Why there was no response.
    pub(super) reason: Option<String>,
    milliseconds: Option<f64>,
    #[serde(skip)]
    is_unreachable: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// A server error, a redirect or no response.
    Error,
    Ok,
    /// The merchant has to check the order.
    Review,
    /// The endpoint accepted an attack, or refused a genuine postback.
    Wrong,
}

/// The outcomes of a run.
#[derive(Debug, Serialize)]
pub(super) struct Results {
    pub(super) controls: Vec<Outcome>,
    pub(super) attacks: Vec<Outcome>,
    pub(super) ok: usize,
    pub(super) wrong: usize,
    pub(super) errors: usize,
    pub(super) to_review: usize,
}

impl Outcome {
    pub(super) fn new(attack: &Attack, result: Result<Response, SendError>) -> Self {
        let outcome = Self {
            name: attack.name,
            description: attack.description,
            expected: attack.expected.status(),
            status: None,
            verdict: verdict(attack.expected, &result),
            reason: None,
            milliseconds: None,
            is_unreachable: false,
        };
        match result {
            Ok(response) => Self {
                status: Some(response.status.as_u16()),
                milliseconds: Some(response.elapsed.as_secs_f64() * 1e3),
                ..outcome
            },
            Err(error) => Self {
                is_unreachable: error.kind == SendErrorKind::Unreachable,
                reason: Some(error.reason),
                ..outcome
            },
        }
    }

    pub(super) fn is_ok(&self) -> bool {
        self.verdict == Verdict::Ok
    }

    /// Why no connection could be made.
    pub(super) fn unreachable(&self) -> Option<&str> {
        self.reason.as_deref().filter(|_| self.is_unreachable)
    }
}

impl Results {
    pub(super) fn new(controls: Vec<Outcome>, attacks: Vec<Outcome>) -> Self {
        let count = |verdict| {
            let all = controls.iter().chain(&attacks);
            all.filter(|outcome| outcome.verdict == verdict).count()
        };
        Self {
            ok: count(Verdict::Ok),
            wrong: count(Verdict::Wrong),
            errors: count(Verdict::Error),
            to_review: count(Verdict::Review),
            controls,
            attacks,
        }
    }

    /// Whether nothing is wrong; what the merchant has to review does not count.
    pub(super) fn is_ok(&self) -> bool {
        self.wrong == 0 && self.errors == 0 && self.is_conclusive()
    }

    /// Whether the endpoint accepted a genuine postback before the attacks, or none was sent.
    pub(super) fn is_conclusive(&self) -> bool {
        self.controls.is_empty() || self.controls.iter().any(Outcome::is_ok)
    }
}

/// Any 4xx is a refusal, since other receivers may refuse for other reasons than our adapters.
fn verdict(expected: Expected, result: &Result<Response, SendError>) -> Verdict {
    let response = match result {
        Ok(response) => response,
        // An endpoint may close the connection instead of reading a large body.
        Err(error)
            if error.kind == SendErrorKind::Closed
                && expected == Expected::Refuse(ErrorKind::BodyTooLarge) =>
        {
            return Verdict::Ok;
        }
        Err(_) => return Verdict::Error,
    };
    let accepted = response.status.is_success();
    let refused = response.status.is_client_error();
    match expected {
        _ if !accepted && !refused => Verdict::Error,
        Expected::Review => Verdict::Review,
        Expected::Accept if accepted => Verdict::Ok,
        Expected::Refuse(_) if refused => Verdict::Ok,
        Expected::Accept | Expected::Refuse(_) => Verdict::Wrong,
    }
}
