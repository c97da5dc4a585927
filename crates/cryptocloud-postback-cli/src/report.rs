//! The checks of one postback in order, for people and for programs.

use std::{error::Error as _, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use cryptocloud_postback::{Check, Error, Format, InvoiceInfo, Postback, UnixTime, Verified};
use indicatif::HumanDuration;
use serde::Serialize;
use serde_json::{Value, json};

use crate::body;

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
    pub(crate) postback: Option<Value>,
}

/// One check.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Step {
    pub(crate) check: &'static str,
    /// What has to be true for the check to pass.
    pub(crate) requirement: String,
    /// `ok`, `failed`, or `skipped` if it did not run.
    pub(crate) result: &'static str,
    /// What was wrong, if it failed.
    pub(crate) message: Option<String>,
    /// More detail, if there is any.
    pub(crate) cause: Option<String>,
    /// What an operator can do about that.
    pub(crate) hint: Option<String>,
}

impl Report {
    /// The report of a postback that was accepted.
    pub(crate) fn accepted(verified: &Verified) -> Self {
        Self {
            verified: true,
            expires_at: Some(verified.expires_at().as_secs()),
            ..Self::of(Some(verified.reported()), |_| "ok")
        }
    }

    /// The report of a well-formed postback, without a secret to verify it.
    pub(crate) fn unchecked(postback: &Postback) -> Self {
        Self::of(Some(postback), |check| match check {
            Check::Request | Check::Format | Check::Fields => "ok",
            _ => "skipped",
        })
    }

    /// The report of a postback that was refused.
    pub(crate) fn refused(
        error: &Error,
        content_type: Option<&[u8]>,
        body: Bytes,
        now: UnixTime,
    ) -> Self {
        let kind = error.kind();
        let claims = unverified_claims(content_type, &body).unwrap_or_default();
        let postback = Postback::parse(content_type, body).ok();
        let mut report = Self::of(postback.as_ref(), |check| match kind.failed_check() {
            Some(failed) if check < failed => "ok",
            Some(failed) if check == failed => "failed",
            _ => "skipped",
        });
        report.status = kind.response().status();
        report.kind = Some(format!("{kind:?}"));
        let claimed = error.claimed_invoice_id().map(ToString::to_string);
        report.invoice_id = claimed.or(report.invoice_id);
        for (check, step) in Check::ALL.iter().zip(&mut report.checks) {
            if step.result == "failed" {
                step.message = Some(error.to_string());
                step.cause = error.source().map(ToString::to_string);
                step.hint = Some(hint(*check, &claims, now));
            }
        }
        report
    }

    fn of(postback: Option<&Postback>, result: impl Fn(Check) -> &'static str) -> Self {
        let step = |check: &Check| Step {
            check: check.name(),
            requirement: check.to_string(),
            result: result(*check),
            ..Step::default()
        };
        Self {
            verified: false,
            status: 200,
            kind: None,
            invoice_id: postback.map(|postback| postback.invoice_id.to_string()),
            expires_at: None,
            checks: Check::ALL.iter().map(step).collect(),
            postback: postback.map(payload),
        }
    }
}

/// What to look at if this check failed; it may quote the sender, so escape it.
fn hint(check: Check, claims: &Value, now: UnixTime) -> String {
    let fixed = match check {
        Check::Request => "was it redirected, or compressed or enlarged by a proxy on the way?",
        Check::Format => "is JSON or form selected in the project's settings, and sent as such?",
        Check::Fields => "compare them with the vendor's documentation: was the body cut off?",
        Check::Token => {
            "the vendor always sends an HS256 token: was it cut off, or is this forged?"
        }
        Check::Signature => "is your secret the SECRET KEY of this project, and not its API KEY?",
        Check::Claims => "the vendor's tokens have id and exp: this one is not from the vendor",
        Check::Status => "the vendor sends only success, and says only in JSON what is a test",
        Check::Time => {
            let (expiry, now) = (claims.get("exp").and_then(Value::as_u64), now.as_secs());
            let distance = Duration::from_secs(expiry.unwrap_or_default().abs_diff(now));
            let distance = HumanDuration(distance);
            return if expiry < Some(now) {
                format!(
                    "expired {distance} ago: is this machine's clock fast, or is this a replay?"
                )
            } else {
                format!("expires in {distance}, not in five minutes: is this machine's clock slow?")
            };
        }
        Check::Invoice => {
            let id = claims.get("id").and_then(Value::as_str).unwrap_or("none");
            return format!("the token belongs to invoice {id}: was it stolen from that payment?");
        }
        // The core may add checks.
        _ => "",
    };
    fixed.to_owned()
}

/// Reads a token that was not verified, to explain it and for nothing else.
pub(crate) fn unverified_claims(content_type: Option<&[u8]>, body: &[u8]) -> Option<Value> {
    let format = Format::detect(content_type, body).ok()?;
    let token = body::field(format, body, "token")?;
    let claims = token.trim().split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

/// What a merchant compares, of which the token signs only the invoice.
///
/// Amounts are strings, so that no reader turns them into floats. Notes say what is odd about
/// `invoice_info`, which never refuses a postback.
fn payload(postback: &Postback) -> Value {
    let info = postback.invoice_info();
    let faults = info.as_ref().map_or(&[][..], InvoiceInfo::faults).iter();
    let faults = faults.map(|name| match *name {
        "invoice_info" => "invoice_info is not an object".to_owned(),
        name => format!("invoice_info.{name} cannot be read"),
    });
    let uuid = "invoice_info.uuid names another invoice".to_owned();
    let uuid = postback.uuid_differs().then_some(uuid);
    json!({
        "format": postback.format().to_string(),
        "status": postback.status.to_string(),
        "invoice_id": postback.invoice_id.to_string(),
        "amount_crypto": postback.amount_crypto,
        "currency": postback.currency.as_ref().map(ToString::to_string),
        "order_id": postback.order_id,
        "notes": uuid.into_iter().chain(faults).collect::<Vec<_>>(),
        "invoice_info": info.map(|info| json!({
            "status": info.status.map(|status| status.to_string()),
            "test_mode": info.test_mode,
            "amount": info.amount,
            "amount_paid": info.amount_paid,
            "amount_usd": info.amount_usd,
            "amount_in_fiat": info.amount_in_fiat,
            "fiat_currency": info.fiat_currency,
            "received": info.received,
            "address": info.address,
            "tx_list": info.tx_list,
        })),
    })
}
