use std::fmt;

use reqwest::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::attacks::Attack;
use crate::client::Response;

/// How an endpoint responded to an attack or to a genuine postback.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Outcome {
    #[serde(flatten)]
    pub(super) attack: &'static Attack,
    /// Whether a 2xx has an error in its body.
    pub(super) error_in_body: bool,
    /// Why there is no response or no verdict, or what only the merchant can see.
    pub(super) note: Option<String>,
    /// `None` if there was no response.
    pub(super) status: Option<u16>,
    pub(super) verdict: Verdict,
}

/// In the order in which conclusions are printed: the first three are the classes of attacks.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// Accepted: a payment can be confirmed without the secret, or for another invoice.
    Bypass,
    /// Accepted: an attacker needs something else too, such as a captured token.
    Weakness,
    /// Accepted though malformed, but no payment can be forged with it.
    Strictness,
    /// A server error, a redirect or no response.
    Error,
    /// A genuine postback was refused.
    Refused,
    /// The endpoint may have refused it for another reason.
    Inconclusive,
    /// The merchant has to look at the effect.
    Review,
    Ok,
    /// Of a conclusion: the run ended early.
    Stopped,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl Outcome {
    pub(super) fn new(attack: &'static Attack, responses: &[Result<Response, String>]) -> Self {
        let mut outcome = Self {
            attack,
            error_in_body: false,
            note: None,
            status: None,
            verdict: Verdict::Error,
        };
        // The first of two is genuine. Of many copies, all but one may get a 503 meanwhile.
        let mut counted = responses.iter().skip(usize::from(responses.len() == 2));
        match counted.find(is_success).or(responses.last()) {
            Some(Ok(response)) => {
                let status = response.status;
                outcome.error_in_body = status.is_success() && has_error(&response.body);
                outcome.status = Some(status.as_u16());
                outcome.verdict = outcome.verdict(status);
                if let (true, Some(to)) = (status.is_redirection(), &response.location) {
                    outcome.note = Some(format!("redirected to {to}"));
                }
            }
            Some(Err(error)) => outcome.note = Some(error.clone()),
            None => {}
        }
        if let [first, Ok(_)] = responses
            && !is_success(&first)
        {
            outcome.doubt("the genuine postback before it was refused");
        }
        outcome
    }

    /// Any 4xx is a refusal, since other receivers may refuse for other reasons than our adapters.
    fn verdict(&self, status: StatusCode) -> Verdict {
        // Some servers say that they do not implement a method.
        let is_refused = status.is_client_error() || status == StatusCode::NOT_IMPLEMENTED;
        if status == StatusCode::TOO_MANY_REQUESTS {
            Verdict::Inconclusive
        } else if self.attack.is_genuine() && (is_refused || self.error_in_body) {
            Verdict::Refused
        } else if is_refused {
            Verdict::Ok
        } else if !status.is_success() {
            Verdict::Error
        } else if self.attack.payments.is_some() {
            Verdict::Review
        } else {
            self.attack.class
        }
    }

    pub(super) fn doubt(&mut self, reason: impl Into<String>) {
        self.note = Some(reason.into());
        self.verdict = Verdict::Inconclusive;
    }

    /// Whether it says something about the endpoint on its own: a ban would not have accepted it.
    pub(super) fn is_accepted(&self) -> bool {
        self.verdict <= Verdict::Strictness || self.verdict == Verdict::Review
    }

    /// Whether the endpoint fails the test.
    pub(super) fn is_failure(&self) -> bool {
        match self.verdict {
            Verdict::Bypass | Verdict::Weakness | Verdict::Inconclusive => true,
            Verdict::Error => self.attack.class < Verdict::Strictness,
            _ => false,
        }
    }
}

fn is_success(result: &&Result<Response, String>) -> bool {
    matches!(result, Ok(response) if response.status.is_success())
}

/// Whether a JSON object says that the postback failed.
fn has_error(body: &str) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let is_empty = |error: &Value| {
        *error == Value::Null || [json!(false), json!(0), json!("")].contains(error)
    };
    body.get("error").is_some_and(|error| !is_empty(error))
        || body.get("status").is_some_and(|status| status == "error")
        || body.get("success").is_some_and(|success| success == false)
}
