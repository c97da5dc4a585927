use cryptocloud_postback::ErrorKind;
use reqwest::StatusCode;
use serde::{Serialize, Serializer};

use super::attack::{Attack, Class, Finding};
use crate::client::{Response, SendError, SendErrorKind};

/// How an endpoint responded to an attack or to a genuine postback.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Outcome {
    #[serde(flatten)]
    pub(super) attack: &'static Attack,
    /// What only the merchant can see, if it has to be looked at.
    pub(super) look: Option<String>,
    milliseconds: Option<f64>,
    /// Why there is no response, or no verdict.
    pub(super) reason: Option<String>,
    /// `None` if there was no response.
    pub(super) status: Option<u16>,
    pub(super) verdict: Verdict,
}

/// In the order in which conclusions are printed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Verdict {
    Accepted(Class),
    /// A server error, a redirect or no response.
    Error,
    /// A genuine postback was refused.
    Refused,
    /// The endpoint may have refused it for another reason.
    Inconclusive,
    /// The merchant has to look at the effect.
    Review,
    Ok,
}

impl Verdict {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Accepted(class) => class.name(),
            Self::Error => "error",
            Self::Inconclusive => "inconclusive",
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Review => "review",
        }
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.name().serialize(serializer)
    }
}

impl Outcome {
    pub(super) fn new(attack: &'static Attack, responses: &[Result<Response, SendError>]) -> Self {
        let is_success =
            |result: &&Result<Response, SendError>| result.as_ref().is_ok_and(Response::is_success);
        // Of many at once, one that was accepted counts.
        let mut many = responses.iter().filter(|_| responses.len() > 2);
        let counted = many.find(is_success).or(responses.last());
        let this = Self {
            attack,
            look: None,
            milliseconds: None,
            reason: None,
            status: None,
            verdict: Verdict::Error,
        };
        match counted {
            None => this,
            Some(Err(error)) => {
                // An endpoint may close the connection instead of reading a large body.
                let is_closed = error.kind == SendErrorKind::Closed;
                let is_large = attack.expected == Some(ErrorKind::BodyTooLarge);
                let is_ok = is_closed && is_large;
                Self {
                    reason: Some(error.reason.clone()),
                    verdict: if is_ok { Verdict::Ok } else { Verdict::Error },
                    ..this
                }
            }
            Some(Ok(response)) => {
                let this = Self {
                    milliseconds: Some(response.elapsed.as_secs_f64() * 1e3),
                    status: Some(response.status.as_u16()),
                    verdict: verdict(attack, response.status),
                    ..this
                };
                match responses {
                    [first, _] if !is_success(&first) => {
                        this.inconclusive("the genuine postback before it was refused")
                    }
                    _ => this,
                }
            }
        }
    }

    pub(super) fn inconclusive(self, reason: &str) -> Self {
        Self {
            reason: Some(reason.to_owned()),
            verdict: Verdict::Inconclusive,
            ..self
        }
    }

    /// Judges it by how many payments the shop shows for it.
    pub(super) fn with_payments(self, count: usize) -> Self {
        let finding = self.attack.finding;
        let is_too_much = match finding {
            // The first postback is genuine.
            Finding::Repeated => count > 1,
            Finding::Reported => count > 0,
            _ => false,
        };
        let verdict = match self.verdict {
            Verdict::Ok | Verdict::Review if is_too_much => Verdict::Accepted(finding.class()),
            Verdict::Review => Verdict::Ok,
            verdict => verdict,
        };
        Self { verdict, ..self }
    }

    /// Says what the merchant has to look at, if there is something.
    pub(super) fn looked_at(self, (invoice_id, order_id): (&str, &str)) -> Self {
        let must = match self.attack.finding {
            Finding::Repeated => "must be credited once",
            _ => "must not be paid by it",
        };
        let look = format!("order {order_id} {must}; invoice {invoice_id}");
        Self {
            look: (self.verdict == Verdict::Review).then_some(look),
            ..self
        }
    }

    pub(super) fn is_conclusive(&self) -> bool {
        self.verdict != Verdict::Inconclusive
    }

    /// Whether it says something about the endpoint on its own: a ban would not have accepted it.
    pub(super) fn is_accepted(&self) -> bool {
        matches!(self.verdict, Verdict::Accepted(_) | Verdict::Review)
    }

    /// What it means to the merchant, if it means something.
    pub(super) fn conclusion(&self) -> Option<&'static str> {
        match self.verdict {
            Verdict::Accepted(_) => Some(self.attack.finding.conclusion()),
            Verdict::Error => Some("Server errors, redirects or no response."),
            Verdict::Refused => Some(Finding::Genuine.conclusion()),
            Verdict::Inconclusive if self.status.is_some_and(|status| status < 300) => {
                Some("Accepted, but nothing shows what it did: see the reasons above.")
            }
            Verdict::Inconclusive => {
                Some("Refused, but perhaps for another reason: see the reasons above.")
            }
            Verdict::Review => Some("Only you can see the effect: look at the orders above."),
            Verdict::Ok => None,
        }
    }

    /// Whether the endpoint fails the test.
    pub(super) fn is_failure(&self) -> bool {
        match self.verdict {
            Verdict::Accepted(class) => class != Class::Strictness,
            Verdict::Error => self.attack.finding.class() != Class::Strictness,
            Verdict::Inconclusive => true,
            Verdict::Ok | Verdict::Refused | Verdict::Review => false,
        }
    }
}

/// Any 4xx is a refusal, since other receivers may refuse for other reasons than our adapters.
fn verdict(attack: &Attack, status: StatusCode) -> Verdict {
    let finding = attack.finding;
    // Some servers say that they do not implement a method.
    let is_unknown_method = status == StatusCode::NOT_IMPLEMENTED
        && attack.expected == Some(ErrorKind::MethodNotAllowed);
    let is_refused = status.is_client_error() || is_unknown_method;
    if status == StatusCode::TOO_MANY_REQUESTS {
        Verdict::Inconclusive
    } else if !status.is_success() && !is_refused {
        Verdict::Error
    } else {
        match finding {
            Finding::Genuine if is_refused => Verdict::Refused,
            Finding::Genuine => Verdict::Ok,
            _ if is_refused => Verdict::Ok,
            Finding::Repeated | Finding::Reported => Verdict::Review,
            finding => Verdict::Accepted(finding.class()),
        }
    }
}
