use cryptocloud_postback::ErrorKind;
use serde::Serialize;

use super::attack::{Attack, Right};
use crate::client::{Response, SendError, SendErrorKind};

/// What an endpoint did about one attack.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    /// What our own adapters answer.
    pub(super) expected: Option<u16>,
    /// None where there was no answer.
    pub(super) status: Option<u16>,
    pub(super) verdict: Verdict,
    /// Why there was no answer.
    pub(super) reason: Option<String>,
    milliseconds: Option<f64>,
    #[serde(skip)]
    is_unreachable: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// An error of the server's, a redirect, or no answer at all.
    Fault,
    /// Only a person can tell.
    Look,
    Right,
    /// An attack got through, or a genuine postback did not.
    Wrong,
}

/// All of them.
#[derive(Debug, Serialize)]
pub(super) struct Results {
    pub(super) controls: Vec<Outcome>,
    pub(super) attacks: Vec<Outcome>,
    right: usize,
    wrong: usize,
    faults: usize,
    looks: usize,
}

impl Outcome {
    pub(super) fn new(attack: &Attack, result: Result<Response, SendError>) -> Self {
        let outcome = Self {
            name: attack.name,
            what: attack.what,
            expected: attack.right.status(),
            status: None,
            verdict: verdict(attack.right, &result),
            reason: None,
            milliseconds: None,
            is_unreachable: false,
        };
        match result {
            Ok(answer) => Self {
                status: Some(answer.status.as_u16()),
                milliseconds: Some(answer.elapsed.as_secs_f64() * 1e3),
                ..outcome
            },
            Err(no_answer) => Self {
                is_unreachable: no_answer.fault == SendErrorKind::Unreachable,
                reason: Some(no_answer.reason),
                ..outcome
            },
        }
    }

    pub(super) fn is_right(&self) -> bool {
        self.verdict == Verdict::Right
    }

    /// Why there was no connection at all.
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
            right: count(Verdict::Right),
            wrong: count(Verdict::Wrong),
            faults: count(Verdict::Fault),
            looks: count(Verdict::Look),
            controls,
            attacks,
        }
    }

    /// Whether nothing went wrong; what has to be looked at does not count.
    pub(super) fn is_right(&self) -> bool {
        self.wrong == 0 && self.faults == 0 && self.is_proof()
    }

    /// Whether a genuine postback was accepted before the attacks, or none was asked for.
    pub(super) fn is_proof(&self) -> bool {
        self.controls.is_empty() || self.controls.iter().any(Outcome::is_right)
    }

    /// `5 right, 1 wrong, 0 faults, 1 to look at`
    pub(super) fn counts(&self) -> String {
        format!(
            "{} right, {} wrong, {} faults, {} to look at",
            self.right, self.wrong, self.faults, self.looks
        )
    }
}

/// Any 4xx is a refusal: another receiver may have other reasons than ours.
fn verdict(right: Right, result: &Result<Response, SendError>) -> Verdict {
    let answer = match result {
        Ok(answer) => answer,
        // An endpoint may close rather than read on.
        Err(no_answer)
            if no_answer.fault == SendErrorKind::Closed
                && right == Right::Refuse(ErrorKind::BodyTooLarge) =>
        {
            return Verdict::Right;
        }
        Err(_) => return Verdict::Fault,
    };
    let accepted = answer.status.is_success();
    let refused = answer.status.is_client_error();
    match right {
        _ if !accepted && !refused => Verdict::Fault,
        Right::Look => Verdict::Look,
        Right::Accept if accepted => Verdict::Right,
        Right::Refuse(_) if refused => Verdict::Right,
        Right::Accept | Right::Refuse(_) => Verdict::Wrong,
    }
}
