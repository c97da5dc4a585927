//! What an operator can do about a postback that was refused.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cryptocloud_postback::{ErrorKind, Format, UnixTime};
use serde_json::Value;

use super::duration::Seconds;
use crate::body;

/// A sentence or a question; it may quote the sender, so escape it.
pub(super) fn hint(
    kind: ErrorKind,
    content_type: Option<&[u8]>,
    body: &[u8],
    now: UnixTime,
) -> String {
    let claim = |name| unverified_claims(content_type, body)?.get(name).cloned();
    let now = now.as_secs();
    match kind {
        ErrorKind::InvoiceMismatch => match claim("id").as_ref().and_then(|id| id.as_str()) {
            Some(id) => format!(
                "the token belongs to invoice {id:?}: an attacker may have reused the token of another payment"
            ),
            None => {
                "the token names no invoice, so the vendor did not issue it for this payment".into()
            }
        },
        ErrorKind::TokenExpired => {
            let ago = claim("exp").and_then(|exp| now.checked_sub(exp.as_u64()?));
            let ago = ago.map_or("expired".to_owned(), |ago| {
                format!("expired {} ago", Seconds(ago))
            });
            format!("{ago}: is this machine's clock correct, or is this a replay?")
        }
        ErrorKind::TokenLifetime => {
            let ahead = claim("exp").and_then(|exp| exp.as_u64()?.checked_sub(now));
            let ahead = ahead.map_or("expires too far in the future".to_owned(), |ahead| {
                format!("expires in {}", Seconds(ahead))
            });
            format!(
                "{ahead}, but the vendor's tokens last five minutes: is this machine's clock slow?"
            )
        }
        kind => fixed(kind).to_owned(),
    }
}

/// Reads a token that was not verified, to explain it and for nothing else.
pub(crate) fn unverified_claims(content_type: Option<&[u8]>, body: &[u8]) -> Option<Value> {
    let format = Format::detect(content_type, body).ok()?;
    let token = body::field(format, body, "token")?;
    let claims = token.trim().split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

fn fixed(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::BodyTimeout => {
            "the sender, or a proxy before this server, was slow: nothing was wrong with what arrived"
        }
        ErrorKind::BodyTooLarge => {
            "the vendor sends about 2 KiB: this is not a postback, or a proxy added to it"
        }
        ErrorKind::BodyUnreadable => {
            "the connection broke before the body was complete: the sender has to try again"
        }
        ErrorKind::ClockBeforeEpoch | ErrorKind::VerifierAmbiguous | ErrorKind::VerifierMissing => {
            "the fault is in this app or machine, not in the postback"
        }
        ErrorKind::ContentEncoding => {
            "the vendor never compresses: look for a proxy that does, or a sender that is not the vendor"
        }
        ErrorKind::DuplicateField => {
            "the vendor sends each field once: with two values, the check may read one and the shop the other"
        }
        ErrorKind::InvalidField => {
            "compare this field with the vendor's documentation: either the sender is not the vendor, or the vendor changed it"
        }
        ErrorKind::InvalidForm | ErrorKind::InvalidJson => {
            "was the body truncated, quoted or converted on the way, or saved with a byte order mark?"
        }
        ErrorKind::MediaType => {
            "select JSON or application/x-www-form-urlencoded in the project's settings, and check that proxies keep the Content-Type"
        }
        ErrorKind::MethodNotAllowed => {
            "was it redirected? A POST that follows a redirect becomes a GET and loses its body"
        }
        ErrorKind::MissingField | ErrorKind::MissingId => {
            "compare the fields with the vendor's documentation; order_id is set only if the invoice was created with one"
        }
        ErrorKind::StatusRefused => {
            "the vendor documents only success: if your project sends others, accept any status and check it in the handler"
        }
        ErrorKind::TestModeRefused => {
            "this is a test payment, and the verifier is configured to refuse those"
        }
        ErrorKind::TestModeUnknown => {
            "the verifier is configured to require a live payment, and only invoice_info.test_mode says which one is: if the body is a form, select JSON in the project's settings; if it is JSON, check that field"
        }
        ErrorKind::TokenAlgorithm | ErrorKind::TokenHeader => {
            "the vendor signs with plain HS256: this token is not from the vendor"
        }
        ErrorKind::TokenClaims => {
            "the vendor's token holds the invoice as id and whole seconds as exp: this one is not from the vendor, though it is signed with your secret"
        }
        ErrorKind::TokenMalformed => {
            "a token is three parts separated by dots, without quotes or Bearer: was it truncated or changed when it was copied?"
        }
        ErrorKind::TokenMissing => "the vendor always sends a token: this postback is forged",
        ErrorKind::TokenNotYetValid => "is this machine's clock slow?",
        ErrorKind::TokenSignature => {
            "is your secret the SECRET KEY of this project, and not its API KEY?"
        }
        // `ErrorKind` is non-exhaustive; the test below finds a kind without a hint.
        _ => FALLBACK,
    }
}

const FALLBACK: &str = "see the cause";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_hint() {
        for kind in ErrorKind::ALL {
            let hint = hint(*kind, None, b"", UnixTime::from_secs(0));
            assert_ne!(hint, FALLBACK, "{kind:?}");
        }
    }
}
