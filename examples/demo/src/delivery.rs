use cryptocloud_postback_axum::core::{self, Check, RECEIVED_BODY, Verified};
use cryptocloud_postback_inbox::InboxError;
use serde::Serialize;
use serde_json::json;

use crate::{Error, Payment};

/// A request to `/postback`, and what became of it.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Delivery {
    /// The place in the order of arrival.
    pub number: i64,
    /// When it was answered, in UTC.
    pub received_at: String,
    /// `paid`, `duplicate`, `unsettled`, `conflict` or `refused`.
    pub outcome: String,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub answer: String,
    /// Why it paid nothing.
    pub reason: Option<String>,
    /// The name of the check that ended it; None where all held.
    pub stopped_at: Option<String>,
    /// `json` or `form`, where that was known by then.
    pub format: Option<String>,
    /// The invoice, which nothing proves where the request was refused.
    pub invoice_id: Option<String>,
    /// The reported order.
    pub order_id: Option<String>,
    /// The reported amount.
    pub amount: Option<String>,
    /// The reported currency.
    pub currency: Option<String>,
    #[serde(skip)]
    pub(crate) token_digest: Option<Vec<u8>>,
}

impl Delivery {
    /// One that did not reach the shop. Nothing of its body is kept but the invoice that it names.
    pub(crate) fn refused(error: &core::Error) -> Self {
        let cause = std::error::Error::source(error);
        Self {
            outcome: "refused".to_owned(),
            status: error.kind().status_code(),
            answer: error.kind().body_text(),
            reason: Some(
                cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}")),
            ),
            stopped_at: error
                .kind()
                .failed_check()
                .map(|check| check.name().to_owned()),
            format: error.format().map(|format| format.to_string()),
            invoice_id: error.claimed_invoice_id().map(|id| id.as_str().to_owned()),
            ..Self::default()
        }
    }

    /// One that did; None where the database failed, which cannot be written to the database.
    pub(crate) fn verified(postback: &Verified, payment: &Result<Payment, Error>) -> Option<Self> {
        let (outcome, reason, stopped_at) = match payment {
            Ok(Payment::Duplicate) => ("duplicate", None, Some(CLAIM.0)),
            Ok(Payment::Paid) => ("paid", None, None),
            Ok(Payment::Unsettled(reason)) => {
                ("unsettled", Some(reason.to_string()), Some(ORDER.0))
            }
            Err(Error::Inbox(error @ InboxError::Conflict)) => {
                ("conflict", Some(error.to_string()), Some(CLAIM.0))
            }
            Err(_) => return None,
        };
        let (status, answer) = match payment {
            Err(Error::Inbox(error)) => {
                let answer = json!({"error": error.public_message()});
                (error.status_code(), answer.to_string())
            }
            _ => (200, RECEIVED_BODY.to_owned()),
        };
        let reported = postback.reported();
        Some(Self {
            outcome: outcome.to_owned(),
            status,
            answer,
            reason,
            stopped_at: stopped_at.map(ToOwned::to_owned),
            format: Some(reported.format().to_string()),
            invoice_id: Some(postback.invoice_id().as_str().to_owned()),
            order_id: reported.order_id.as_deref().map(ToOwned::to_owned),
            amount: Some(reported.amount_crypto.to_string()),
            currency: Some(reported.currency.as_str().to_owned()),
            token_digest: Some(postback.token_digest().to_vec()),
            ..Self::default()
        })
    }
}

/// The steps to a paid order, as names and as what holds: those of the verification, and the shop's.
pub(crate) fn checks() -> impl Iterator<Item = (&'static str, String)> {
    let verification = Check::ALL
        .iter()
        .map(|check| (check.name(), check.to_string()));
    verification.chain([CLAIM, ORDER].map(|(name, text)| (name, text.to_owned())))
}

const CLAIM: (&str, &str) = ("claim", "invoice is processed for the first time");
const ORDER: (&str, &str) = (
    "order",
    "order, currency and amount are those of an open order",
);
