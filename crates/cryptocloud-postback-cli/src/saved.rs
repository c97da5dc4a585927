//! A postback that arrived, as `ccpostback listen` exports it and `ccpostback send --replay` reads it.
//!
//! ```json
//! {
//!   "received_at": "2026-11-25T21:58:51.123Z",
//!   "method": "POST",
//!   "target": "/postback",
//!   "headers": [["content-type", "application/json"], ["user-agent", "Cryptocloud POSTBACK v2"]],
//!   "body": { "text": "{\"status\":\"success\",\"invoice_id\":\"ILRAJE1Q\"}" }
//! }
//! ```
//!
//! The body is `{"base64": "..."}` if it is not UTF-8.
//! An export of several postbacks is an array of such objects, the oldest first.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A request, without the headers that hold credentials or are not UTF-8.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Saved {
    /// In UTC, as RFC 3339 has it.
    pub(crate) received_at: String,
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case, and values.
    pub(crate) headers: Vec<(String, String)>,
    /// As it arrived, with the token.
    #[serde(with = "body")]
    pub(crate) body: Bytes,
}

mod body {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    /// Closed by nature: bytes are UTF-8 or they are not.
    #[derive(Deserialize, Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Body {
        Base64(String),
        Text(String),
    }

    pub(super) fn serialize<S: Serializer>(
        bytes: &Bytes,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match str::from_utf8(bytes) {
            Ok(text) => Body::Text(text.to_owned()),
            Err(_) => Body::Base64(STANDARD.encode(bytes)),
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Bytes, D::Error> {
        match Body::deserialize(deserializer)? {
            Body::Base64(text) => {
                let bytes = STANDARD.decode(text);
                // The cause would quote a part of the body.
                bytes.map_err(|_| de::Error::custom("body is not base64"))
            }
            Body::Text(text) => Ok(text.into_bytes()),
        }
        .map(Bytes::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_as_it_was_written() -> Result<(), serde_json::Error> {
        for body in [b"{\"a\":\"\\u0000\"}\r\n".as_slice(), b"", b"\xff\0"] {
            let saved = Saved {
                received_at: "2026-11-25T21:58:51.123Z".to_owned(),
                method: "POST".to_owned(),
                target: "/postback".to_owned(),
                headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
                body: Bytes::copy_from_slice(body),
            };
            let read: Saved = serde_json::from_str(&serde_json::to_string(&saved)?)?;
            assert_eq!(read.body, body);
            assert_eq!(read.headers, saved.headers);
        }
        Ok(())
    }

    #[test]
    fn other_bodies_are_refused() {
        for body in [
            r#""text""#,
            r#"{"base64":"?"}"#,
            r#"{"text":"a","base64":"YQ=="}"#,
            "{}",
        ] {
            let json = format!(
                r#"{{"received_at":"","method":"POST","target":"/","headers":[],"body":{body}}}"#
            );
            assert!(serde_json::from_str::<Saved>(&json).is_err(), "{body}");
        }
    }
}
