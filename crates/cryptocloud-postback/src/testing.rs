//! Signed postbacks for tests, good and broken.

use std::{fmt, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{Format, UnixTime, token::mac};

/// The time from which [`PostbackBuilder`] counts: 2026-01-01T10:23:15Z, just after the payment of
/// the vendor's example was finished.
pub const NOW: UnixTime = UnixTime::from_secs(1_767_262_995);

/// Makes postbacks as the vendor sends them, and signs them.
///
/// Without further calls it makes a genuine one: invoice `ILRAJE1Q`, 0.000113 BNB, no order, and a
/// token that is valid for 240 s from [`NOW`].
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::{SecretKey, Verifier, testing::{NOW, PostbackBuilder}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = "not-a-real-key-only-for-this-example";
/// let verifier = Verifier::new(SecretKey::new(secret)?)?;
///
/// let postback = PostbackBuilder::new(secret).order_id("ORDER_93223").form();
/// let verified = verifier.verify_at(Some(postback.content_type()), postback.body(), NOW)?;
/// assert_eq!(verified.reported().order_id.as_deref(), Some("ORDER_93223"));
///
/// let forged = PostbackBuilder::new("some-other-key-of-thirty-two-bytes").json();
/// assert!(verifier.verify_at(Some(forged.content_type()), forged.body(), NOW).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct PostbackBuilder {
    claims: Option<String>,
    expires_at: UnixTime,
    /// In the order of the vendor's page.
    fields: Vec<(String, Content)>,
    header: String,
    /// The fields of `invoice_info`, as names and JSON texts.
    info: Vec<(String, String)>,
    invoice_id: String,
    secret: Zeroizing<String>,
}

/// What a field holds.
#[derive(Clone)]
enum Content {
    Info,
    /// A JSON text, or what a test wants instead.
    Json(String),
    Token,
}

impl PostbackBuilder {
    /// Signs with this secret, which may be as bad as a test wants it.
    pub fn new(secret: impl Into<String>) -> Self {
        let info = INVOICE_INFO.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let fields = [
            ("status", Content::Json(quote("success"))),
            ("invoice_id", Content::Json("null".to_owned())),
            ("amount_crypto", Content::Json("0.000113".to_owned())),
            ("currency", Content::Json(quote("BNB"))),
            ("order_id", Content::Json("null".to_owned())),
            ("token", Content::Token),
            ("invoice_info", Content::Info),
        ];
        Self {
            claims: None,
            expires_at: NOW.saturating_add(Duration::from_secs(240)),
            fields: fields
                .map(|(name, content)| (name.to_owned(), content))
                .into(),
            header: r#"{"typ":"JWT","alg":"HS256"}"#.to_owned(),
            info: info.into(),
            invoice_id: String::new(),
            secret: Zeroizing::new(secret.into()),
        }
        .invoice_id("ILRAJE1Q")
    }

    /// Another secret.
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Zeroizing::new(secret.into());
        self
    }

    /// The invoice, in `invoice_id`, `invoice_info.uuid` and the token.
    pub fn invoice_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.invoice_id);
        self.field("invoice_id", quote(id))
            .info_field("uuid", quote(&format!("INV-{id}")))
    }

    /// The order; null, unless this is called.
    pub fn order_id(self, id: &str) -> Self {
        self.field("order_id", quote(id))
    }

    /// The amount, as the text of a JSON number.
    pub fn amount(self, amount: &str) -> Self {
        self.field("amount_crypto", amount)
            .info_field("amount", amount)
    }

    /// The currency's code.
    pub fn currency(self, code: &str) -> Self {
        self.field("currency", quote(code))
    }

    /// The status.
    pub fn status(self, status: &str) -> Self {
        self.field("status", quote(status))
    }

    /// `invoice_info.test_mode`
    pub fn test_mode(self, test: bool) -> Self {
        self.info_field("test_mode", test.to_string())
    }

    /// When the token expires.
    pub fn expires_at(mut self, time: UnixTime) -> Self {
        self.expires_at = time;
        self
    }

    /// Another text for the token's header.
    pub fn header(mut self, json: impl Into<String>) -> Self {
        self.header = json.into();
        self
    }

    /// Another text for the token's claims.
    pub fn claims(mut self, json: impl Into<String>) -> Self {
        self.claims = Some(json.into());
        self
    }

    /// Another text instead of a signed token.
    pub fn token(self, token: &str) -> Self {
        self.field("token", quote(token))
    }

    /// Another JSON text for a field, or a field of another name.
    ///
    /// It is written as it is, so it can also be no JSON.
    pub fn field(mut self, name: &str, json: impl Into<String>) -> Self {
        let content = Content::Json(json.into());
        match self.fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => field.1 = content,
            None => self.fields.push((name.to_owned(), content)),
        }
        self
    }

    /// A field of this name once more.
    pub fn duplicate(mut self, name: &str, json: impl Into<String>) -> Self {
        self.fields
            .push((name.to_owned(), Content::Json(json.into())));
        self
    }

    /// No field of this name.
    pub fn remove(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    /// Another JSON text for a field of `invoice_info`, or a field of another name there.
    pub fn info_field(mut self, name: &str, json: impl Into<String>) -> Self {
        match self.info.iter_mut().find(|(known, _)| known == name) {
            Some(field) => field.1 = json.into(),
            None => self.info.push((name.to_owned(), json.into())),
        }
        self
    }

    /// Makes the token alone.
    ///
    /// # Panics
    ///
    /// Where neither `aws-lc-rs` nor `rust-crypto` is compiled in.
    #[must_use]
    pub fn signed_token(&self) -> String {
        let claims = self.claims.clone().unwrap_or_else(|| {
            let bare = self.invoice_id.strip_prefix("INV-");
            let id = quote(bare.unwrap_or(&self.invoice_id));
            format!(r#"{{"id":{id},"exp":{}}}"#, self.expires_at)
        });
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(&self.header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        // An HMAC key can be of any length, so only a missing backend fails.
        let mac = mac::provider()
            .and_then(|provider| (provider.signer_factory)(&Algorithm::HS256, &key).ok())
            .and_then(|signer| signer.try_sign(message.as_bytes()).ok())
            .expect("a backend is compiled in");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// Makes a JSON postback.
    ///
    /// # Panics
    ///
    /// Like [`signed_token`](Self::signed_token).
    pub fn json(&self) -> SignedPostback {
        let fields = self
            .fields
            .iter()
            .map(|(name, content)| (name, self.text(content)));
        SignedPostback {
            body: object(fields).into(),
            format: Format::Json,
        }
    }

    /// Makes a form postback, without what is null, an array or an object.
    ///
    /// # Panics
    ///
    /// Like [`signed_token`](Self::signed_token).
    pub fn form(&self) -> SignedPostback {
        let pairs: Vec<(&str, String)> = self
            .fields
            .iter()
            .filter_map(|(name, content)| Some((name.as_str(), form_value(self.text(content))?)))
            .collect();
        SignedPostback {
            // Pairs of texts can always be written.
            body: serde_urlencoded::to_string(pairs)
                .unwrap_or_default()
                .into(),
            format: Format::Form,
        }
    }

    fn text(&self, content: &Content) -> String {
        match content {
            Content::Info => object(self.info.iter().map(|(name, text)| (name, text.clone()))),
            Content::Json(text) => text.clone(),
            Content::Token => quote(&self.signed_token()),
        }
    }
}

/// Without the secret, and without fields that may hold a token.
impl fmt::Debug for PostbackBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostbackBuilder")
            .field("invoice_id", &self.invoice_id)
            .field("secret", &"[redacted]")
            .finish_non_exhaustive()
    }
}

/// A body with the `Content-Type` to send it with.
#[derive(Clone)]
#[must_use]
pub struct SignedPostback {
    body: Bytes,
    format: Format,
}

impl SignedPostback {
    /// The bytes of the body.
    #[must_use]
    pub fn body(&self) -> Bytes {
        self.body.clone()
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(&self) -> &'static [u8] {
        self.format.content_type().as_bytes()
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }
}

/// Without the body, which holds a token.
impl fmt::Debug for SignedPostback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedPostback")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// A JSON object of texts that are written as they are.
fn object<N: AsRef<str>>(fields: impl Iterator<Item = (N, String)>) -> String {
    let fields: Vec<String> = fields
        .map(|(name, text)| format!("{}:{text}", quote(name.as_ref())))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// What a form holds where JSON has this text.
fn form_value(text: String) -> Option<String> {
    match serde_json::from_str(&text) {
        Ok(Value::Array(_) | Value::Null | Value::Object(_)) => None,
        Ok(Value::String(content)) => Some(content),
        Ok(Value::Bool(_) | Value::Number(_)) | Err(_) => Some(text),
    }
}

fn quote(text: &str) -> String {
    Value::from(text).to_string()
}

/// The fields of `invoice_info` in the vendor's example.
const INVOICE_INFO: [(&str, &str); 38] = [
    ("uuid", "null"),
    ("created", r#""2026-01-01 10:20:04.222439""#),
    ("address", r#""0x635DBa9c6e5E90000000000000000000c555af05""#),
    (
        "currency",
        r#"{"id":20,"code":"BNB","fullcode":"BNB","network":{"code":"BSC","id":20,"icon":"https://cdn.cryptocloud.plus/img/network/BSC.svg","fullname":"BNB Smart Chain"},"name":"BNB","is_email_required":false,"stablecoin":false,"icon_base":"https://cdn.cryptocloud.plus/img/currency/BNB.svg","icon_network":"https://cdn.cryptocloud.plus/img/currency/BNB.svg","icon_qr":"https://cdn.cryptocloud.plus/img/stroke/BNB_STROKE.svg","order":13}"#,
    ),
    ("date_finished", r#""2026-01-01 10:23:14.000940""#),
    ("expiry_date", r#""2026-01-02 10:20:04.197389""#),
    ("side_commission", r#""client""#),
    ("type_payments", r#""crypto""#),
    ("amount", "0.000113"),
    ("amount_", "0.000113"),
    ("status", r#""paid""#),
    ("invoice_status", r#""success""#),
    ("is_email_required", "false"),
    (
        "project",
        r#"{"id":1,"name":"Test","fail":"https://test.com/failed-payment","success":"https://test.com/successful-payment","logo":""}"#,
    ),
    (
        "tx_list",
        r#"["0x12fb777c41b58b8304278416e5a0000000000000c1e7708b2160745af5640364"]"#,
    ),
    ("amount_in_crypto", "null"),
    ("amount_in_fiat", "0.1"),
    ("amount_usd", "0.1"),
    ("amount_to_pay", "0.000113"),
    ("amount_to_pay_usd", "0.1"),
    ("amount_paid", "0.000113"),
    ("amount_paid_usd", "0.1"),
    ("fee", "0"),
    ("fee_usd", "0"),
    ("service_fee", "0.000002"),
    ("service_fee_usd", "0"),
    ("received", "0.000111"),
    ("received_usd", "0.1"),
    ("to_surcharge", "0"),
    ("to_surcharge_usd", "0"),
    ("total_rub", "0"),
    ("step", "3"),
    ("test_mode", "false"),
    ("type", r#""up""#),
    ("aml_enabled", "false"),
    ("aml_side", r#""merchant""#),
    ("aml_checks", "[]"),
    ("links_invoice", "null"),
];
