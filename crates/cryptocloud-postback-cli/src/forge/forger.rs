use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cryptocloud_postback::{Format, UnixTime, testing::PostbackBuilder};

use crate::{body::quote, client::Request, draft::new_invoice_id};

/// Builds the requests of one attack, around a genuine postback.
#[derive(Debug)]
pub(super) struct Forger {
    expires_at: UnixTime,
    format: Format,
    pub(super) invoice_id: String,
    postback: PostbackBuilder,
}

impl Forger {
    pub(super) fn new(
        postback: &PostbackBuilder,
        format: Format,
        invoice_id: Option<&str>,
    ) -> anyhow::Result<Self> {
        let now = UnixTime::now()?;
        let expires_at = now.saturating_add(Duration::from_secs(240));
        let invoice_id = invoice_id.map_or_else(new_invoice_id, str::to_owned);
        let postback = postback.clone().at(now).expires_at(expires_at);
        Ok(Self {
            postback: postback.invoice_id(&invoice_id),
            expires_at,
            format,
            invoice_id,
        })
    }

    /// The genuine postback with a change, in the format that the endpoint accepts.
    pub(super) fn edit(&self, change: impl FnOnce(PostbackBuilder) -> PostbackBuilder) -> Request {
        match self.format {
            Format::Form => self.form(change),
            Format::Json => self.json(change),
        }
    }

    pub(super) fn form(&self, change: impl FnOnce(PostbackBuilder) -> PostbackBuilder) -> Request {
        Request::post(FORM, change(self.postback.clone()).form().body())
    }

    pub(super) fn json(&self, change: impl FnOnce(PostbackBuilder) -> PostbackBuilder) -> Request {
        Request::post(JSON, change(self.postback.clone()).json().body())
    }

    /// With a token in which `{token}` is the genuine one, and `{mac}` its MAC.
    pub(super) fn token(&self, template: &str) -> Request {
        let token = self.postback.signed_token();
        let (_, mac) = token.rsplit_once('.').unwrap_or_default();
        let new = template.replace("{token}", &token).replace("{mac}", mac);
        self.edit(|postback| postback.token(&new))
    }

    /// The signed part of the token of a changed postback.
    pub(super) fn signed(&self, change: impl FnOnce(PostbackBuilder) -> PostbackBuilder) -> String {
        let mut token = change(self.postback.clone()).signed_token();
        token.truncate(token.rfind('.').unwrap_or_default());
        token
    }

    /// With genuine claims, this algorithm and no MAC.
    pub(super) fn unsigned(&self, alg: &str) -> Request {
        let header = format!(r#"{{"typ":"JWT","alg":"{alg}"}}"#);
        self.token(&(self.signed(|postback| postback.header(header)) + "."))
    }

    /// With these claims, signed with the secret; `{id}` is the invoice and `{exp}` the expiry.
    pub(super) fn claims(&self, template: &str) -> Request {
        let claims = template.replace("{id}", &quote(&self.invoice_id));
        let claims = claims.replace("{exp}", &self.expires_at.to_string());
        self.edit(|postback| postback.claims(claims))
    }

    /// With this header of the token, signed with the attacker's secret, which is `{key}` in it.
    pub(super) fn own_header(&self, json: &str) -> Request {
        let json = json.replace("{key}", &URL_SAFE_NO_PAD.encode(OTHER_SECRET));
        self.edit(|postback| postback.secret(OTHER_SECRET).header(json))
    }

    /// With a token that expires this many seconds after the genuine one.
    pub(super) fn expiring(&self, seconds: i64) -> Request {
        let at = self.expires_at.as_secs().saturating_add_signed(seconds);
        self.edit(|postback| postback.expires_at(UnixTime::from_secs(at)))
    }

    /// As `multipart/form-data`, which PHP reads like a form, without a token.
    pub(super) fn multipart(&self) -> Request {
        let form = self.form(|postback| postback.remove("token"));
        let part = |(name, value)| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let parts: String = form_urlencoded::parse(&form.body).map(part).collect();
        Request::post("multipart/form-data; boundary=x", parts + "--x--\r\n")
    }

    /// With white space up to this length.
    pub(super) fn padded(&self, length: usize) -> Request {
        let mut body = self.json(|postback| postback).body.to_vec();
        body.resize(length, b' ');
        Request::post(JSON, body)
    }
}

pub(super) const FORM: &str = Format::Form.content_type();
pub(super) const JSON: &str = Format::Json.content_type();
pub(super) const OTHER_SECRET: &str = "another-secret-of-thirty-two-bytes-or-more";
