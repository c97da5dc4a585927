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
