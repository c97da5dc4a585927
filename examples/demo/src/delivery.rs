use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cryptocloud_postback_axum::{
    core::{self, Check, Response, Verified},
    inbox::{Record, State},
};
use serde::Serialize;

/// A request to `/postback`, and the response to it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Delivery {
    /// The place in the order of arrival.
    pub(crate) number: u64,
    /// In milliseconds since 1970.
    received_at: u64,
    pub(crate) outcome: Outcome,
    /// The status of the response.
    status: u16,
    /// The body of the response.
    body: &'static str,
    /// Why the order is not paid by it.
    pub(crate) reason: Option<String>,
    /// The name of the check that failed; `None` if all passed.
    pub(crate) stopped_at: Option<&'static str>,
    format: Option<String>,
    /// The invoice. Nothing proves it if the postback was refused.
    pub(crate) invoice_id: Option<String>,
    order_id: Option<String>,
    amount: Option<String>,
    currency: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Conflict,
    Dismissed,
    Duplicate,
    /// The handler failed, and a worker tries again.
    Failed,
    Held,
    Paid,
    /// Not stored, or not finished in time.
    Pending,
    Refused,
}

impl Delivery {
    /// A postback that did not reach the shop. Of its body only the invoice is kept.
    pub(crate) fn refused(error: &core::Error) -> Self {
        let cause = std::error::Error::source(error);
        let reason = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
        Self {
            reason: Some(reason),
            stopped_at: error.kind().failed_check().map(Check::name),
            format: error.format().map(|format| format.to_string()),
            invoice_id: error.claimed_invoice_id().map(ToString::to_string),
            ..Self::new(Outcome::Refused, error.kind().response())
        }
    }

    /// A postback that the inbox has received, and its record.
    pub(crate) fn verified(
        postback: &Verified,
        response: Response,
        record: Option<&Record>,
    ) -> Self {
        let hold = record.and_then(|record| record.hold.as_ref());
        let (outcome, reason, stopped_at) = match record.map(|record| record.state) {
            Some(State::Done) if response.status() == 200 => (Outcome::Paid, None, None),
            Some(State::Held) => (Outcome::Held, hold.map(|hold| &*hold.reason), Some(ORDER.0)),
            Some(State::Conflict) => {
                let reason = "invoice was reported with other fields before";
                (Outcome::Conflict, Some(reason), Some(CLAIM.0))
            }
            Some(State::Discarded) => {
                let reason = "an operator has dismissed this report";
                (Outcome::Dismissed, Some(reason), Some(ORDER.0))
            }
            Some(State::Failed) => {
                let error = record.and_then(|record| record.last_error.as_deref());
                (Outcome::Failed, error, Some(ORDER.0))
            }
            Some(State::Done | State::Received | State::Running) => {
                let reason = "payment is not finished yet";
                (Outcome::Pending, Some(reason), Some(CLAIM.0))
            }
            None => {
                let reason = "payment could not be stored: see the log";
                (Outcome::Pending, Some(reason), Some(CLAIM.0))
            }
        };
        let reported = postback.reported();
        Self {
            reason: reason.map(ToOwned::to_owned),
            stopped_at,
            format: Some(reported.format().to_string()),
            invoice_id: Some(postback.invoice_id().to_string()),
            order_id: reported.order_id.as_deref().map(ToOwned::to_owned),
            amount: reported.amount_crypto.map(|amount| amount.to_string()),
            currency: reported.currency.as_ref().map(ToString::to_string),
            ..Self::new(outcome, response)
        }
    }

    /// Notes that the payment was done before.
    pub(crate) fn mark_duplicate(&mut self, is_same_token: bool) {
        let token = if is_same_token {
            "the same token"
        } else {
            "a new token"
        };
        self.outcome = Outcome::Duplicate;
        self.reason = Some(format!(
            "payment was processed before: it came again with {token}"
        ));
        self.stopped_at = Some(CLAIM.0);
    }

    fn new(outcome: Outcome, response: Response) -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let milliseconds = since_1970.unwrap_or(Duration::ZERO).as_millis();
        Self {
            number: 0,
            received_at: u64::try_from(milliseconds).unwrap_or(u64::MAX),
            outcome,
            status: response.status(),
            body: response.body(),
            reason: None,
            stopped_at: None,
            format: None,
            invoice_id: None,
            order_id: None,
            amount: None,
            currency: None,
        }
    }
}

/// The steps to a paid order, by name and by what is true if each passed: those of the verification,
/// and two of the shop.
pub(crate) fn checks() -> Vec<(&'static str, String)> {
    let verification = Check::ALL.iter();
    let verification = verification.map(|check| (check.name(), check.to_string()));
    let shop = [CLAIM, ORDER].map(|(name, text)| (name, text.to_owned()));
    verification.chain(shop).collect()
}

const CLAIM: (&str, &str) = ("claim", "payment is processed for the first time");
const ORDER: (&str, &str) = (
    "order",
    "invoice, order, amount and currency match an open order",
);
