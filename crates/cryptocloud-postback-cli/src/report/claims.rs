//! Reads a token that was not verified, for hints and nothing else.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cryptocloud_postback::{Format, UnixTime};
use serde_json::Value;

use crate::body;

/// The claims that a hint can mention.
#[derive(Default)]
pub(crate) struct UnverifiedClaims {
    pub(crate) expires_at: Option<UnixTime>,
    pub(crate) id: Option<String>,
}

impl UnverifiedClaims {
    pub(crate) fn read(content_type: Option<&[u8]>, body: &[u8]) -> Self {
        let Some(claims) = claims(content_type, body) else {
            return Self::default();
        };
        let text = |name| claims.get(name).and_then(Value::as_str);
        let number = |name| claims.get(name).and_then(Value::as_u64);
        Self {
            expires_at: number("exp").map(UnixTime::from_secs),
            id: text("id").map(Into::into),
        }
    }
}

fn claims(content_type: Option<&[u8]>, body: &[u8]) -> Option<Value> {
    let format = Format::detect(content_type, body).ok()?;
    let token = body::field(format, body, "token")?;
    let claims = token.trim().split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}
