use std::time::Duration;

use cryptocloud_postback::{Format, UnixTime, testing::PostbackBuilder};

use crate::{client::Request, draft::new_invoice_id};

/// Builds the request of one attack, for a new invoice.
#[derive(Clone, Debug)]
pub(super) struct Forger {
    builder: PostbackBuilder,
    /// When its genuine tokens expire.
    pub(super) expires_at: UnixTime,
    format: Format,
    pub(super) invoice_id: String,
}

impl Forger {
    pub(super) fn new(builder: &PostbackBuilder, format: Format) -> anyhow::Result<Self> {
        let now = UnixTime::now()?;
        let expires_at = now.saturating_add(Duration::from_secs(240));
        let invoice_id = new_invoice_id();
        let builder = builder.clone().at(now).expires_at(expires_at);
        Ok(Self {
            builder: builder.invoice_id(&invoice_id),
            expires_at,
            format,
            invoice_id,
        })
    }

    /// A genuine postback, to be modified.
    pub(super) fn postback(&self) -> PostbackBuilder {
        self.builder.clone()
    }

    /// A genuine token.
    pub(super) fn token(&self) -> String {
        self.builder.signed_token()
    }

    /// A request in the format that the endpoint accepts.
    pub(super) fn request(&self, postback: &PostbackBuilder) -> Request {
        match self.format {
            Format::Form => form(postback),
            Format::Json => json(postback),
        }
    }

    /// A postback with this token instead of a genuine one.
    pub(super) fn with_token(&self, token: &str) -> Request {
        self.request(&self.postback().token(token))
    }

    /// A postback whose token has these claims, signed with the secret.
    pub(super) fn with_claims(&self, claims: String) -> Request {
        self.request(&self.postback().claims(claims))
    }
}

pub(super) fn form(postback: &PostbackBuilder) -> Request {
    Request::post(Format::Form.content_type(), postback.form().body())
}

pub(super) fn json(postback: &PostbackBuilder) -> Request {
    Request::post(Format::Json.content_type(), postback.json().body())
}

/// A JSON string.
pub(super) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
