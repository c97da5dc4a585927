//! What an operator can do about a postback that was refused.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cryptocloud_postback::{Check, Format, UnixTime};
use indicatif::HumanDuration;
use serde_json::Value;

use crate::body;

/// What to look at if this check failed; it may quote the sender, so escape it.
pub(super) fn hint(check: Check, claims: &Value, now: UnixTime) -> String {
    let fixed = match check {
        Check::Request => {
            "the vendor sends a POST of about 2 KiB and never compresses it: was it redirected, or changed by a proxy?"
        }
        Check::Format => {
            "select JSON or application/x-www-form-urlencoded in the project's settings, and check that proxies keep the Content-Type"
        }
        Check::Fields => {
            "compare the fields with the vendor's documentation: was the body cut off, quoted or converted on the way? order_id is set only if the invoice was created with one"
        }
        Check::Token => {
            "the vendor always sends a token, three parts with dots between, in plain HS256: unless it was cut off or changed on the way, this postback is forged"
        }
        Check::Signature => "is your secret the SECRET KEY of this project, and not its API KEY?",
        Check::Claims => {
            "the vendor's tokens hold the invoice as id and whole seconds as exp: this one is not from the vendor, though it is signed with your secret"
        }
        Check::Time => return time_hint(claims, now),
        Check::Invoice => {
            let id = claims.get("id").and_then(Value::as_str).unwrap_or("none");
            return format!(
                "the token belongs to invoice {id}: an attacker may have reused the token of another payment"
            );
        }
        Check::Status => {
            "the vendor documents only success; only JSON says whether a payment is a test: select it in the project's settings"
        }
        // The core may add checks.
        _ => "",
    };
    fixed.to_owned()
}

fn time_hint(claims: &Value, now: UnixTime) -> String {
    let (expiry, now) = (claims.get("exp").and_then(Value::as_u64), now.as_secs());
    let expiry = expiry.unwrap_or_default();
    let distance = HumanDuration(Duration::from_secs(expiry.abs_diff(now)));
    if expiry < now {
        format!("expired {distance} ago: is this machine's clock correct, or is this a replay?")
    } else {
        format!(
            "expires in {distance}, and the vendor's tokens last five minutes: is this machine's clock slow?"
        )
    }
}

/// Reads a token that was not verified, to explain it and for nothing else.
pub(crate) fn unverified_claims(content_type: Option<&[u8]>, body: &[u8]) -> Option<Value> {
    let format = Format::detect(content_type, body).ok()?;
    let token = body::field(format, body, "token")?;
    let claims = token.trim().split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}
