//! Signed postbacks for tests, genuine and broken.

mod invoice_info;
mod signed;

use std::{fmt, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{Format, UnixTime, token::mac};

pub use signed::SignedPostback;

/// A fixed time for [`PostbackBuilder::at`]: 2026-01-01T10:23:15Z, just after the payment in the
/// vendor's example was finished.
pub const NOW: UnixTime = UnixTime::from_secs(1_767_262_995);

/// Builds postbacks as the vendor sends them, and signs them.
///
/// By default it builds a genuine one, sent now: invoice `ILRAJE1Q`, 0.000113 BNB, no order, and a
/// token that is valid for another 240 s.
///
/// All fields agree with each other: with the amount change what was to be paid, what was paid,
/// the fee and the price in US dollars, with the currency its network, with the time every date.
/// The fee is 2 %, a stablecoin is worth 1 US dollar, and every other coin 885.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::{SecretKey, Verifier, testing::PostbackBuilder};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = "not-a-real-key-only-for-this-example";
/// let verifier = Verifier::new(SecretKey::new(secret)?)?;
///
/// let signed = PostbackBuilder::new(secret).order_id("ORDER_93223").form();
/// let verified = verifier.verify(signed.head(), signed.body())?;
/// assert_eq!(verified.reported().order_id.as_deref(), Some("ORDER_93223"));
///
/// let forged = PostbackBuilder::new("some-other-key-of-thirty-two-bytes").json();
/// assert!(verifier.verify(forged.head(), forged.body()).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct PostbackBuilder {
    amount: String,
    at: UnixTime,
    claims: Option<String>,
    currency: String,
    edits: Vec<Edit>,
    expires_at: Option<UnixTime>,
    fiat: Option<(String, String)>,
    header: String,
    /// Fields of `invoice_info` that replace the derived ones, as names and JSON.
    info_fields: Vec<(String, String)>,
    invoice_id: String,
    order_id: Option<String>,
    paid: Option<String>,
    secret: Zeroizing<String>,
    status: String,
    test_mode: bool,
    token: Option<String>,
    usd: Option<String>,
}

/// What a test changes in the finished fields, in the order of its calls.
#[derive(Clone)]
enum Edit {
    Duplicate(String, String),
    Remove(String),
    Set(String, String),
}

impl PostbackBuilder {
    /// Signs with this secret, which may be as weak as a test wants it.
    pub fn new(secret: impl Into<String>) -> Self {
        Self {
            amount: "0.000113".to_owned(),
            // A clock before 1970 fails in the verifier, with a kind of its own.
            at: UnixTime::now().unwrap_or(NOW),
            claims: None,
            currency: "BNB".to_owned(),
            edits: Vec::new(),
            expires_at: None,
            fiat: None,
            header: r#"{"typ":"JWT","alg":"HS256"}"#.to_owned(),
            info_fields: Vec::new(),
            invoice_id: "ILRAJE1Q".to_owned(),
            order_id: None,
            paid: None,
            secret: Zeroizing::new(secret.into()),
            status: "success".to_owned(),
            test_mode: false,
            token: None,
            usd: None,
        }
    }

    /// When the postback is sent, and what its dates and its token count from.
    ///
    /// A verifier accepts it at this time: see [`Verifier::verify_at`](crate::Verifier::verify_at).
    /// Defaults to the time of [`new`](Self::new).
    pub fn at(mut self, time: UnixTime) -> Self {
        self.at = time;
        self
    }

    /// Replaces the secret.
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Zeroizing::new(secret.into());
        self
    }

    /// The invoice, in `invoice_id`, in `invoice_info.uuid` and in the token.
    pub fn invoice_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.invoice_id);
        self
    }

    /// The order. Defaults to null.
    pub fn order_id(mut self, id: &str) -> Self {
        self.order_id = Some(id.to_owned());
        self
    }

    /// The invoiced amount in the payment's currency, as a JSON number.
    ///
    /// It is also what was paid, unless [`paid`](Self::paid) says otherwise.
    pub fn amount(mut self, amount: &str) -> Self {
        amount.clone_into(&mut self.amount);
        self
    }

    /// What was paid in the payment's currency, as a JSON number: less than the
    /// [`amount`](Self::amount) makes the invoice `partial`, more makes it `overpaid`.
    ///
    /// `amount_crypto` follows it. A postback is still a `success`.
    pub fn paid(mut self, amount: &str) -> Self {
        self.paid = Some(amount.to_owned());
        self
    }

    /// The price of the invoice in US dollars, as a JSON number.
    pub fn usd(mut self, price: &str) -> Self {
        self.usd = Some(price.to_owned());
        self
    }

    /// The price of the invoice in a fiat currency, as a JSON number, and the currency's code.
    pub fn fiat(mut self, price: &str, code: &str) -> Self {
        self.fiat = Some((price.to_owned(), code.to_owned()));
        self
    }

    /// The currency's code, such as `USDT_TRC20`.
    pub fn currency(mut self, code: &str) -> Self {
        code.clone_into(&mut self.currency);
        self
    }

    /// The status, in `status` and in `invoice_info.invoice_status`.
    pub fn status(mut self, status: &str) -> Self {
        status.clone_into(&mut self.status);
        self
    }

    /// `invoice_info.test_mode`
    pub fn test_mode(mut self, test: bool) -> Self {
        self.test_mode = test;
        self
    }

    /// When the token expires. Defaults to 240 s after [`at`](Self::at).
    pub fn expires_at(mut self, time: UnixTime) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// Replaces the JSON of the token's header.
    pub fn header(mut self, json: impl Into<String>) -> Self {
        self.header = json.into();
        self
    }

    /// Replaces the JSON of the token's claims.
    pub fn claims(mut self, json: impl Into<String>) -> Self {
        self.claims = Some(json.into());
        self
    }

    /// Replaces the signed token.
    pub fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Replaces the JSON of one field, whatever the other methods set, or adds a field.
    ///
    /// It is written as it is, so it need not be JSON at all.
    pub fn field(self, name: &str, json: impl Into<String>) -> Self {
        self.edit(Edit::Set(name.to_owned(), json.into()))
    }

    /// Adds a field even if there is one of this name.
    pub fn duplicate(self, name: &str, json: impl Into<String>) -> Self {
        self.edit(Edit::Duplicate(name.to_owned(), json.into()))
    }

    /// Removes a field.
    pub fn remove(self, name: &str) -> Self {
        self.edit(Edit::Remove(name.to_owned()))
    }

    fn edit(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }

    /// Replaces the JSON of one field of `invoice_info`, whatever the other methods set, or adds a
    /// field there.
    pub fn info_field(mut self, name: &str, json: impl Into<String>) -> Self {
        self.info_fields.push((name.to_owned(), json.into()));
        self
    }

    /// Builds the token alone.
    ///
    /// If neither `aws-lc-rs` nor `rust-crypto` is compiled in, its last segment is empty.
    #[must_use]
    pub fn signed_token(&self) -> String {
        let claims = self.claims.clone().unwrap_or_else(|| {
            let id = quote(self.bare_invoice_id());
            format!(r#"{{"id":{id},"exp":{}}}"#, self.token_expiry())
        });
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(&self.header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        // An HMAC key can be of any length, so only a missing backend fails, and without one there is
        // no verifier that could accept the token.
        let mac = mac::provider()
            .and_then(|provider| (provider.signer_factory)(&Algorithm::HS256, &key).ok())
            .and_then(|signer| signer.try_sign(message.as_bytes()).ok())
            .unwrap_or_default();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// Builds a JSON postback.
    pub fn json(&self) -> SignedPostback {
        SignedPostback::new(object(&self.fields()), Format::Json)
    }

    /// Builds a form postback, without fields that are null, an array or an object.
    pub fn form(&self) -> SignedPostback {
        let fields = self.fields().into_iter();
        let pairs = fields.filter_map(|(name, json)| Some((name, form_value(json)?)));
        // Pairs of strings can always be written.
        let body = serde_urlencoded::to_string(pairs.collect::<Vec<_>>()).unwrap_or_default();
        SignedPostback::new(body, Format::Form)
    }

    /// The names and JSON of all fields, in the order of the vendor's page.
    fn fields(&self) -> Vec<(String, String)> {
        let order_id = self.order_id.as_deref().map(quote);
        let token = self.token.as_deref().map(quote);
        let fields = [
            ("status", quote(&self.status)),
            ("invoice_id", quote(&self.invoice_id)),
            ("amount_crypto", self.paid_amount().to_owned()),
            ("currency", quote(&self.currency)),
            ("order_id", order_id.unwrap_or_else(|| "null".to_owned())),
            (
                "token",
                token.unwrap_or_else(|| quote(&self.signed_token())),
            ),
            ("invoice_info", self.invoice_info()),
        ];
        let mut fields = owned(fields);
        for edit in self.edits.clone() {
            match edit {
                Edit::Duplicate(name, json) => fields.push((name, json)),
                Edit::Remove(name) => fields.retain(|(known, _)| *known != name),
                Edit::Set(name, json) => set(&mut fields, name, json),
            }
        }
        fields
    }

    fn paid_amount(&self) -> &str {
        self.paid.as_deref().unwrap_or(&self.amount)
    }

    fn bare_invoice_id(&self) -> &str {
        let bare = self.invoice_id.strip_prefix("INV-");
        bare.unwrap_or(&self.invoice_id)
    }

    fn token_expiry(&self) -> UnixTime {
        let default = self.at.saturating_add(Duration::from_secs(240));
        self.expires_at.unwrap_or(default)
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

fn owned<const N: usize>(fields: [(&str, String); N]) -> Vec<(String, String)> {
    fields.map(|(name, json)| (name.to_owned(), json)).into()
}

/// Replaces the first field of this name, or adds one.
fn set(fields: &mut Vec<(String, String)>, name: String, json: String) {
    match fields.iter_mut().find(|(known, _)| *known == name) {
        Some(field) => field.1 = json,
        None => fields.push((name, json)),
    }
}

/// A JSON object of values that are written as they are.
fn object(fields: &[(String, String)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, json)| format!("{}:{json}", quote(name)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// The value in a form; `None` if a form cannot hold it.
fn form_value(json: String) -> Option<String> {
    match serde_json::from_str(&json) {
        Ok(Value::Array(_) | Value::Null | Value::Object(_)) => None,
        Ok(Value::String(content)) => Some(content),
        Ok(Value::Bool(_) | Value::Number(_)) | Err(_) => Some(json),
    }
}

fn quote(text: &str) -> String {
    Value::from(text).to_string()
}
