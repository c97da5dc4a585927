use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cryptocloud_postback_axum::{
    core::{self, Check, Response, UnixTime, Verified},
    inbox::{Decided, Record, State},
};
use serde::Serialize;

use crate::cause::Cause;

/// A request to `/postback` with its response, or what happened to a payment without a request.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// The place in the order of arrival.
    pub(crate) number: u64,
    /// In milliseconds since 1970.
    at: u64,
    /// The button or the part of the shop that caused it.
    cause: Cause,
    pub(crate) outcome: Outcome,
    /// The status of the response, and its body.
    response: Option<(u16, &'static str)>,
    reason: Option<String>,
    /// The name of the check that failed; `None` if all passed.
    stopped_at: Option<&'static str>,
    /// How often the handler has been tried.
    attempts: u32,
    /// When the payment is tried again, in milliseconds since 1970.
    due_at: Option<u64>,
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
    Failed,
    Held,
    Known,
    Lost,
    Paid,
    Refused,
    Running,
    Waiting,
}

impl Entry {
    /// A postback that did not reach the shop. Of its body only the invoice is kept.
    pub(crate) fn refused(cause: Cause, error: &core::Error) -> Self {
        let source = std::error::Error::source(error);
        let reason =
            source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
        Self {
            reason: Some(reason),
            response: Some(shown(error.kind().response())),
            stopped_at: error.kind().failed_check().map(Check::name),
            format: error.format().map(|format| format.to_string()),
            invoice_id: error.claimed_invoice_id().map(ToString::to_string),
            ..Self::new(cause, Outcome::Refused)
        }
    }

    /// A postback that the inbox has received, and its record.
    pub(crate) fn received(
        cause: Cause,
        postback: &Verified,
        response: Response,
        record: Option<&Record>,
    ) -> Self {
        let entry = match record {
            Some(record) => Self::of_record(cause, record),
            None => Self {
                reason: Some("payment could not be stored: see the log".to_owned()),
                stopped_at: Some(ONCE.0),
                ..Self::new(cause, Outcome::Lost)
            },
        };
        Self {
            response: Some(shown(response)),
            format: Some(postback.reported().format().to_string()),
            invoice_id: Some(postback.invoice_id().to_string()),
            ..entry
        }
    }

    /// What has become of a payment.
    pub(crate) fn of_record(cause: Cause, record: &Record) -> Self {
        let hold = record.hold.as_ref().map(|hold| &*hold.reason);
        let error = record.last_error.as_deref();
        let (outcome, reason, stopped_at) = match record.state {
            State::Conflict => {
                let reason = "invoice was reported with other fields before";
                (Outcome::Conflict, Some(reason), Some(ONCE.0))
            }
            State::Discarded => (Outcome::Dismissed, hold, Some(ORDER.0)),
            State::Done => (Outcome::Paid, None, None),
            State::Failed => (Outcome::Failed, error, Some(ORDER.0)),
            State::Held => (Outcome::Held, hold, Some(ORDER.0)),
            State::Received if error.is_some() => (Outcome::Waiting, error, Some(ORDER.0)),
            State::Received | State::Running => (Outcome::Running, None, Some(ONCE.0)),
        };
        let fields = &record.report.fields;
        Self {
            reason: reason.map(without_code),
            stopped_at,
            attempts: record.attempts,
            due_at: record
                .due_at
                .map(UnixTime::as_secs)
                .map(|at| at.saturating_mul(1_000)),
            invoice_id: Some(record.report.invoice_id().to_string()),
            order_id: fields.order_id.as_deref().map(ToOwned::to_owned),
            amount: fields.amount_crypto.map(|amount| amount.to_string()),
            currency: fields.currency.as_ref().map(ToString::to_string),
            ..Self::new(cause, outcome)
        }
    }

    /// The same payment, which was paid before.
    pub(crate) fn known(self) -> Self {
        Self {
            outcome: Outcome::Known,
            reason: Some("payment was handled before".to_owned()),
            stopped_at: Some(ONCE.0),
            ..self
        }
    }

    /// The same payment, which this decision has discarded.
    pub(crate) fn discarded(self, decided: &Decided) -> Self {
        let note = decided.decision.note.as_deref().map(ToOwned::to_owned);
        let is_by_inbox = &*decided.decision.by == "confirmation";
        let was_conflict = decided.from == State::Conflict;
        Self {
            cause: if is_by_inbox {
                Cause::Confirmation
            } else {
                self.cause
            },
            reason: note.or(self.reason),
            stopped_at: Some(if was_conflict { ONCE.0 } else { ORDER.0 }),
            ..self
        }
    }

    fn new(cause: Cause, outcome: Outcome) -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let milliseconds = since_1970.unwrap_or(Duration::ZERO).as_millis();
        Self {
            number: 0,
            at: u64::try_from(milliseconds).unwrap_or(u64::MAX),
            cause,
            outcome,
            response: None,
            reason: None,
            stopped_at: None,
            attempts: 0,
            due_at: None,
            format: None,
            invoice_id: None,
            order_id: None,
            amount: None,
            currency: None,
        }
    }
}

fn shown(response: Response) -> (u16, &'static str) {
    (response.status(), response.body())
}

/// Without the number by which SQLite names the refusal of the demo's trigger.
fn without_code(reason: &str) -> String {
    reason.replace(
        "error returned from database: (code: 1811)",
        "database failed:",
    )
}

/// The steps to a paid order, by name and by what is true if each passed: those of the verification,
/// and two of the shop.
pub(crate) fn checks() -> Vec<(&'static str, String)> {
    let verification = Check::ALL.iter();
    let verification = verification.map(|check| (check.name(), check.to_string()));
    let shop = [ONCE, ORDER].map(|(name, text)| (name, text.to_owned()));
    verification.chain(shop).collect()
}

const ONCE: (&str, &str) = ("once", "payment is stored, and handled for the first time");
const ORDER: (&str, &str) = (
    "order",
    "vendor states the same, and it matches an open order",
);
