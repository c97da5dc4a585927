//! A postback that arrived, as `ccpostback listen` exports it and `ccpostback send --replay` reads it.
//! The README shows one.

use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD};
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
    pub(crate) body: Body,
}

// Closed by nature: bytes are UTF-8 or they are not.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Body {
    Base64(String),
    Text(String),
}

impl Body {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(STANDARD.encode(bytes)),
        }
    }

    pub(crate) fn bytes(self) -> anyhow::Result<Bytes> {
        match self {
            // The cause would quote a part of the body.
            Self::Base64(text) => STANDARD.decode(text).ok().map(Into::into),
            Self::Text(text) => Some(text.into()),
        }
        .context("the saved body is not base64")
    }
}
