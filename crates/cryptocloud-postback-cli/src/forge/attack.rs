use cryptocloud_postback::{ErrorKind, Format, UnixTime, testing::PostbackBuilder};
use reqwest::Method;
use serde::{Serialize, Serializer};

use super::{BODY, CLAIMS, REQUEST, TOKEN};
use crate::{
    client::{Body, Request},
    draft::{from_now, new_invoice_id},
};

/// One attack, or one control that is none.
#[derive(Debug, Serialize)]
pub(crate) struct Attack {
    pub(super) name: &'static str,
    /// What it is, in one line.
    pub(super) what: &'static str,
    #[serde(rename = "expected", serialize_with = "status")]
    pub(super) right: Right,
    #[serde(skip)]
    pub(super) forge: fn(&Forger) -> Request,
}

/// What an endpoint should do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Right {
    /// Answer with a 2xx.
    Accept,
    /// It cannot be told from the token, so a person has to look.
    Look,
    /// Refuse it, for this reason of ours.
    Refuse(ErrorKind),
}

/// Makes one request for an attack, with an invoice that nobody has seen.
#[derive(Clone, Debug)]
pub(super) struct Forger {
    builder: PostbackBuilder,
    /// When a genuine token expires.
    pub(super) expires_at: UnixTime,
    format: Format,
    pub(super) invoice_id: String,
}

impl Attack {
    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = &'static Self> {
        [TOKEN, CLAIMS, BODY, REQUEST].into_iter().flatten()
    }
}

impl Right {
    /// The status that our own adapters answer.
    pub(super) fn status(self) -> Option<u16> {
        match self {
            Self::Accept => Some(200),
            Self::Look => None,
            Self::Refuse(kind) => Some(kind.status_code()),
        }
    }
}

impl Forger {
    pub(super) fn new(builder: &PostbackBuilder, format: Format) -> anyhow::Result<Self> {
        let expires_at = from_now(240)?;
        let invoice_id = new_invoice_id();
        Ok(Self {
            builder: builder
                .clone()
                .invoice_id(&invoice_id)
                .expires_at(expires_at),
            expires_at,
            format,
            invoice_id,
        })
    }

    /// A genuine postback, to be changed.
    pub(super) fn postback(&self) -> PostbackBuilder {
        self.builder.clone()
    }

    /// A genuine token.
    pub(super) fn token(&self) -> String {
        self.builder.signed_token()
    }

    /// In the format that the endpoint takes.
    pub(super) fn request(&self, postback: &PostbackBuilder) -> Request {
        match self.format {
            Format::Form => form(postback),
            Format::Json => json(postback),
        }
    }

    /// With this instead of a signed token.
    pub(super) fn with_token(&self, token: &str) -> Request {
        self.request(&self.postback().token(token))
    }

    /// With a token of these claims, signed with the secret.
    pub(super) fn with_claims(&self, claims: String) -> Request {
        self.request(&self.postback().claims(claims))
    }
}

fn status<S: Serializer>(right: &Right, serializer: S) -> Result<S::Ok, S::Error> {
    right.status().serialize(serializer)
}

pub(super) fn form(postback: &PostbackBuilder) -> Request {
    post(Format::Form.content_type(), postback.form().body())
}

pub(super) fn json(postback: &PostbackBuilder) -> Request {
    post(Format::Json.content_type(), postback.json().body())
}

pub(super) fn post(content_type: &'static str, body: impl Into<bytes::Bytes>) -> Request {
    Request {
        method: Method::POST,
        content_type,
        content_encoding: None,
        body: Body::Whole(body.into()),
    }
}

/// A JSON text.
pub(super) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
