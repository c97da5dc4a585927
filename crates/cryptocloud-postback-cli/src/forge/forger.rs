use std::{io::Write, iter, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use cryptocloud_postback::{Format, MAX_BODY_BYTES, UnixTime, testing::PostbackBuilder};
use flate2::{Compression, write::GzEncoder};
use reqwest::Method;

use super::attack::Plan;
use crate::{
    body::quote,
    client::{Body, Request},
    draft::new_invoice_id,
};

/// Builds the requests of one attack, around a genuine postback.
#[derive(Clone, Debug)]
pub(super) struct Forger {
    builder: PostbackBuilder,
    /// When its genuine tokens expire.
    expires_at: UnixTime,
    format: Format,
    pub(super) invoice_id: String,
}

impl Forger {
    pub(super) fn new(
        builder: &PostbackBuilder,
        format: Format,
        invoice_id: Option<&str>,
    ) -> anyhow::Result<Self> {
        let now = UnixTime::now()?;
        let expires_at = now.saturating_add(Duration::from_secs(240));
        let invoice_id = invoice_id.map_or_else(new_invoice_id, str::to_owned);
        let builder = builder.clone().at(now).expires_at(expires_at);
        Ok(Self {
            builder: builder.invoice_id(&invoice_id),
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
        let body = change(self.builder.clone()).form().body();
        Request::post(Format::Form.content_type(), body)
    }

    pub(super) fn json(&self, change: impl FnOnce(PostbackBuilder) -> PostbackBuilder) -> Request {
        Request::post(JSON, change(self.builder.clone()).json().body())
    }

    /// The genuine postback as JSON.
    pub(super) fn genuine(&self) -> Bytes {
        self.builder.json().body()
    }

    /// With this token, in which `{token}` is the genuine one, `{signed}` its signed part, and
    /// `{mac}` its MAC.
    pub(super) fn token(&self, template: &str) -> Request {
        let token = self.builder.signed_token();
        let (signed, mac) = split_mac(&token);
        let new = template.replace("{token}", &token);
        let new = new.replace("{signed}", signed).replace("{mac}", mac);
        self.edit(|postback| postback.token(&new))
    }

    /// With these claims, signed with the secret; `{id}` is the invoice and `{exp}` the expiry.
    pub(super) fn claims(&self, template: &str) -> Request {
        let claims = template.replace("{id}", &quote(&self.invoice_id));
        let claims = claims.replace("{exp}", &self.expires_at.to_string());
        self.edit(|postback| postback.claims(claims))
    }

    /// With this header of the token, signed with the secret.
    pub(super) fn header(&self, json: &str) -> Request {
        self.edit(|postback| postback.header(json))
    }

    /// With this header, and signed with the attacker's secret.
    pub(super) fn own_header(&self, json: &str) -> Request {
        let json = json.replace("{key}", &URL_SAFE_NO_PAD.encode(OTHER_SECRET));
        self.edit(|postback| postback.secret(OTHER_SECRET).header(json))
    }

    /// With genuine claims, this algorithm and no MAC.
    pub(super) fn unsigned(&self, alg: &str) -> Request {
        let header = format!(r#"{{"typ":"JWT","alg":"{alg}"}}"#);
        let token = self.builder.clone().header(header).signed_token();
        self.token(&format!("{}.", split_mac(&token).0))
    }

    /// With a token that expires this many seconds after the genuine one.
    pub(super) fn expiring(&self, seconds: i64) -> Request {
        let at = self.expires_at.as_secs().saturating_add_signed(seconds);
        self.edit(|postback| postback.expires_at(UnixTime::from_secs(at)))
    }

    /// With the genuine token of another invoice.
    pub(super) fn other_invoice(&self) -> Request {
        let other = self.builder.clone().invoice_id(&new_invoice_id());
        self.token(&other.signed_token())
    }

    /// With one bit of the MAC flipped: of the first letter a used one, of the last an unused one.
    pub(super) fn flipped(&self, letter: usize) -> Request {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let token = self.builder.signed_token();
        let mut mac = split_mac(&token).1.as_bytes().to_vec();
        if let Some(letter) = mac.get_mut(letter) {
            let number = ALPHABET.iter().position(|known| known == letter);
            let flipped = number.and_then(|number| ALPHABET.get(number ^ 1));
            *letter = flipped.copied().unwrap_or(*letter);
        }
        self.token(&format!("{{signed}}.{}", String::from_utf8_lossy(&mac)))
    }

    /// The genuine MAC over other claims.
    pub(super) fn moved_mac(&self) -> Request {
        let other = self
            .builder
            .clone()
            .claims(r#"{"id":"ILRAJE1Q","exp":4102444800}"#);
        self.token(&format!("{}.{{mac}}", split_mac(&other.signed_token()).0))
    }

    /// With bytes in place of [`MARK`], which no string can hold.
    pub(super) fn replaced(request: Request, bytes: &[u8]) -> Request {
        let Body::Whole(body) = &request.body else {
            return request;
        };
        let mark = MARK.as_bytes();
        let found = body.windows(mark.len()).position(|window| window == mark);
        let parts = found.and_then(|at| body.split_at_checked(at));
        let body = parts.map(|(before, after)| {
            [before, bytes, after.strip_prefix(mark).unwrap_or(after)].concat()
        });
        Request {
            body: Body::Whole(body.unwrap_or_default().into()),
            ..request
        }
    }

    pub(super) fn utf16(&self) -> Request {
        let body = String::from_utf8_lossy(&self.genuine()).into_owned();
        let units: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
        Request::post("application/json; charset=utf-16", units)
    }

    pub(super) fn multipart(&self) -> Request {
        let form = self.builder.form().body();
        let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&form).unwrap_or_default();
        let part = |(name, value)| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let parts: String = fields.into_iter().map(part).collect();
        Request::post("multipart/form-data; boundary=x", parts + "--x--\r\n")
    }

    pub(super) fn gzip(&self) -> Request {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        // Writing to a `Vec` never fails.
        let _ = encoder.write_all(&self.genuine());
        Request {
            content_encoding: Some("gzip"),
            ..Request::post(JSON, encoder.finish().unwrap_or_default())
        }
    }

    pub(super) fn large(&self) -> Request {
        let mut body = self.genuine().to_vec();
        body.resize(MAX_BODY_BYTES + 1, b' ');
        Request::post(JSON, body)
    }

    pub(super) fn chunked(&self) -> Request {
        let space = Bytes::from(vec![b' '; 16_000]);
        Request {
            body: Body::Chunked(self.genuine(), space, 625),
            ..Request::post(JSON, Bytes::new())
        }
    }

    pub(super) fn method(&self, method: Method) -> Request {
        Request {
            method,
            ..self.json(|postback| postback)
        }
    }

    /// The genuine postback, and then another one of the same invoice.
    pub(super) fn then(&self, second: Request) -> Plan {
        Plan::Two(self.edit(|postback| postback), second)
    }

    /// The genuine postback many times, as from a sender that does not wait.
    pub(super) fn copies(&self) -> Plan {
        let request = self.edit(|postback| postback);
        Plan::AtOnce(iter::repeat_n(request, 32).collect())
    }
}

/// Splits a token into the signed part and the MAC.
fn split_mac(token: &str) -> (&str, &str) {
    token.rsplit_once('.').unwrap_or((token, ""))
}

pub(super) const JSON: &str = "application/json";
pub(super) const MARK: &str = "ORDER-WITH-A-MARK";
pub(super) const OTHER_SECRET: &str = "another-secret-of-thirty-two-bytes-or-more";
