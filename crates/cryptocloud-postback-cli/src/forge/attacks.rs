use bytes::Bytes;
use cryptocloud_postback::{ErrorKind, MAX_BODY_BYTES};
use reqwest::Method;
use serde::{Serialize, Serializer};
use serde_json::json;

use super::{
    forger::{FORM, Forger, JSON, OTHER_SECRET},
    outcome::Verdict,
};
use crate::{body::quote, client::Request, draft::new_invoice_id};

/// An attack on an endpoint, or a genuine postback.
#[derive(Debug, Serialize)]
pub(crate) struct Attack {
    pub(super) name: &'static str,
    /// How bad it is if an endpoint accepts it.
    pub(super) class: Verdict,
    /// How our adapters refuse it; `None` if the token is genuine, and the effect is what counts.
    #[serde(flatten, serialize_with = "refusal")]
    pub(super) expected: Option<ErrorKind>,
    /// What is sent, short enough for one line of a terminal.
    pub(super) description: &'static str,
    /// What it means if the endpoint does it wrong.
    #[serde(skip)]
    pub(super) meaning: &'static str,
    /// How many payments a shop may credit for it, if a response cannot tell.
    #[serde(skip)]
    pub(super) payments: Option<usize>,
    #[serde(skip)]
    pub(super) plan: fn(&Forger) -> Plan,
}

/// The requests of an attack: the attack itself, or a genuine postback before it, or many at once.
#[derive(Debug)]
pub(super) struct Plan(pub(super) Vec<Request>);

impl From<Request> for Plan {
    fn from(request: Request) -> Self {
        Self(vec![request])
    }
}

/// As in `ccpostback verify --json`.
fn refusal<S: Serializer>(expected: &Option<ErrorKind>, serializer: S) -> Result<S::Ok, S::Error> {
    let status = expected.map(|kind| kind.response().status());
    let kind = expected.map(|kind| format!("{kind:?}"));
    json!({ "expected": status, "kind": kind }).serialize(serializer)
}

/// A table of what an endpoint may do wrong: its class, how many payments a shop may credit if a
/// response cannot tell, what it means, and the attacks that show it. Each has a name, how our
/// adapters refuse it, what is sent, and how it is made.
macro_rules! attacks {
    ($table:ident: $(
        $class:ident, $payments:expr, $meaning:literal:
        $($name:literal $expected:ident $description:literal |$f:ident| $plan:expr;)*
    )*) => {
        pub(super) const $table: &[Attack] = &[$($(Attack {
            name: $name,
            class: Verdict::$class,
            expected: attacks!(@ $expected),
            description: $description,
            meaning: $meaning,
            payments: $payments,
            plan: |$f: &Forger| $plan.into(),
        },)*)*];
    };
    (@ Accepted) => { None };
    (@ $kind:ident) => { Some(ErrorKind::$kind) };
}

attacks! {
    ATTACKS:

    Bypass, None, "Anyone can confirm any invoice: a postback without a token is accepted.":
    "token-missing" TokenMissing "no token" |f| f.edit(|p| p.remove("token"));
    "token-null" TokenMissing "token is null" |f| f.edit(|p| p.field("token", "null"));
    "token-empty" TokenMissing "token is an empty string" |f| f.token("");
    "token-blank" TokenMissing "token is only white space" |f| f.token(" \t\n");
    "token-number" TokenMissing "token is a number" |f| f.edit(|p| p.field("token", "1"));
    "token-array" TokenMissing "token is an array" |f| f.edit(|p| p.field("token", r#"["x"]"#));
    "token-object" TokenMissing "token is an object" |f| f.edit(|p| p.field("token", "{}"));

    Bypass, None, "Anyone can confirm any invoice: a form needs no valid token.":
    "form-no-token" TokenMissing "form without a token" |f| f.form(|p| p.remove("token"));
    "form-other-secret" TokenSignature "form signed with another secret"
        |f| f.form(|p| p.secret(OTHER_SECRET));

    Bypass, None, "Anyone can confirm any invoice: the signature of the token is not verified.":
    "other-secret" TokenSignature "signed with another secret"
        |f| f.edit(|p| p.secret(OTHER_SECRET));
    "mac-one-bit" TokenSignature "genuine token, one bit of its MAC flipped" |f| f.flipped(42);
    "mac-of-other-claims" TokenSignature "genuine MAC over other claims"
        |f| f.token(&(f.signed(|p| p.claims(r#"{"id":"ILRAJE1Q","exp":4102444800}"#)) + ".{mac}"));
    "token-two-segments" TokenMalformed "genuine token without its MAC"
        |f| f.token(&f.signed(|p| p));
    "token-long" TokenMalformed "token of 40 KB"
        |f| f.token(&format!("e30.{}.e30", "A".repeat(40_000)));

    Bypass, None, "Anyone can confirm any invoice: the secret is super-secret, as in the \
        vendor's samples, or empty.":
    "sample-secret" TokenSignature "signed with super-secret from the samples"
        |f| f.edit(|p| p.secret("super-secret"));
    "empty-secret" TokenSignature "signed with an empty secret" |f| f.edit(|p| p.secret(""));

    Bypass, None, "Anyone can confirm any invoice: a token with alg none is accepted.":
    "alg-none" TokenMalformed "alg none without a MAC" |f| f.unsigned("none");
    "alg-none-capital" TokenMalformed "alg None without a MAC" |f| f.unsigned("None");
    "alg-none-upper" TokenMalformed "alg NONE without a MAC" |f| f.unsigned("NONE");
    "alg-none-mixed" TokenMalformed "alg nOnE without a MAC" |f| f.unsigned("nOnE");
    "alg-none-other-mac" TokenAlgorithm "alg none with a MAC of another secret"
        |f| f.own_header(r#"{"typ":"JWT","alg":"none"}"#);

    Bypass, None, "Anyone can confirm any invoice: the token's header chooses the key.":
    "header-jwk" TokenHeader "header with the attacker's key (jwk)"
        |f| f.own_header(r#"{"alg":"HS256","jwk":{"kty":"oct","k":"{key}"}}"#);
    "header-jku" TokenHeader "header with a URL to a key (jku)"
        |f| f.own_header(r#"{"alg":"HS256","jku":"https://attacker.invalid/keys.json"}"#);

    Bypass, None, "A customer who has paid one invoice can confirm another: the token's invoice \
        is not compared.":
    "other-invoice" InvoiceMismatch "genuine token of another invoice"
        |f| f.claims(r#"{"id":"OTHER234","exp":{exp}}"#);

    Weakness, None, "A captured postback can be sent again at any time: the expiry is not checked.":
    "expired" TokenExpired "genuine postback from an hour ago" |f| f.expiring(-3_600);

    Weakness, None, "A token without an expiry is accepted: once captured, it is valid forever.":
    "exp-missing" TokenClaims "token without exp, so it never expires"
        |f| f.claims(r#"{"id":{id}}"#);
    "exp-null" TokenClaims "exp is null" |f| f.claims(r#"{"id":{id},"exp":null}"#);

    Weakness, None, "A token that names no invoice is accepted for any.":
    "id-missing" InvoiceMismatch "token without an invoice id" |f| f.claims(r#"{"exp":{exp}}"#);
    "id-number" InvoiceMismatch "invoice id of the token is a number"
        |f| f.claims(r#"{"id":1,"exp":{exp}}"#);

    Weakness, None, "An invoice_id that is not a string is accepted: as a query operator, it can \
        match another invoice.":
    "invoice-operator" InvalidField "invoice_id is {\"$ne\":null}"
        |f| f.json(|p| p.field("invoice_id", r#"{"$ne":null}"#));
    "invoice-object" InvalidField "invoice_id is an object"
        |f| f.json(|p| p.field("invoice_id", "{}"));
    "invoice-array" InvalidField "invoice_id is an array"
        |f| f.json(|p| p.field("invoice_id", format!("[{}]", quote(&f.invoice_id))));
    "invoice-number" InvalidField "invoice_id is a number"
        |f| f.json(|p| p.field("invoice_id", "1"));
    "invoice-form-operator" MissingId "form with invoice_id[$ne]"
        |f| f.form(|p| p.remove("invoice_id").field("invoice_id[$ne]", quote("")));

    Weakness, Some(0), "Fields that the token does not sign are believed: compare the order, the \
        amount, the currency and the status with your own record.":
    "changed-amount" Accepted "genuine token, only 0.000001 paid"
        |f| f.edit(|p| p.paid("0.000001"));
    "changed-currency" Accepted "genuine token, another currency"
        |f| f.edit(|p| p.currency("SHIB_BSC"));
    "changed-order" Accepted "genuine token, another order" |f| f.edit(|p| p.order_id(OTHER_ORDER));
    "status-canceled" StatusRefused "status is canceled" |f| f.edit(|p| p.status("canceled"));
    "status-created" StatusRefused "status is created, so nothing was paid"
        |f| f.edit(|p| p.status("created"));

    Weakness, Some(1), "A payment that arrives twice is credited twice.":
    "replay" Accepted "genuine postback twice" |f| f.then(f.edit(|p| p));
    "resend" Accepted "genuine postback, again with a new token" |f| f.then(f.expiring(1));
    "other-fields" Accepted "genuine postback, again with other fields"
        |f| f.then(f.edit(|p| p.paid("1000000")));
    "copies" Accepted "genuine postback, 32 copies at once" |f| Plan(vec![f.edit(|p| p); 32]);

    Strictness, None, "Malformed postbacks are accepted. None of them forges a payment without \
        the secret.":
    "empty" InvalidJson "empty body" |_f| Request::post(JSON, Bytes::new());
    "alg-lower-case" TokenAlgorithm "alg hs256 instead of HS256"
        |f| f.edit(|p| p.header(r#"{"typ":"JWT","alg":"hs256"}"#));
    "alg-hs384" TokenAlgorithm "alg HS384 with an HS256 MAC"
        |f| f.edit(|p| p.header(r#"{"typ":"JWT","alg":"HS384"}"#));
    "alg-rs256" TokenAlgorithm "alg RS256 with an HS256 MAC"
        |f| f.edit(|p| p.header(r#"{"typ":"JWT","alg":"RS256"}"#));
    "alg-missing" TokenAlgorithm "header without alg" |f| f.edit(|p| p.header(r#"{"typ":"JWT"}"#));
    "alg-twice" TokenHeader "header with both alg none and alg HS256"
        |f| f.edit(|p| p.header(r#"{"alg":"none","alg":"HS256"}"#));
    "header-crit" TokenHeader "crit names an unknown extension"
        |f| f.edit(|p| p.header(r#"{"alg":"HS256","crit":["x"],"x":1}"#));
    "token-padded" TokenMalformed "genuine token with base64 padding" |f| f.token("{token}=");
    "token-trailing-bits" TokenMalformed "genuine token with unused bits set" |f| f.flipped(0);
    "token-four-segments" TokenMalformed "genuine token with a fourth segment"
        |f| f.token("{token}.e30");
    "token-bearer" TokenMalformed "genuine token prefixed with Bearer"
        |f| f.token("Bearer {token}");
    "exp-huge" TokenClaims "exp is 1e400" |f| f.claims(r#"{"id":{id},"exp":1e400}"#);
    "exp-far" TokenLifetime "token valid for a year, not five minutes"
        |f| f.expiring(365 * 86_400);
    "exp-string" TokenClaims "exp is a string" |f| f.claims(r#"{"id":{id},"exp":"{exp}"}"#);
    "exp-fraction" TokenClaims "exp is a fraction" |f| f.claims(r#"{"id":{id},"exp":{exp}.5}"#);
    "nbf-future" TokenNotYetValid "token not valid before 2100 (nbf)"
        |f| f.claims(r#"{"id":{id},"exp":{exp},"nbf":4102444800}"#);
    "no-invoice" MissingId "no invoice_id" |f| f.edit(|p| p.remove("invoice_id"));
    "no-status" MissingField "no status" |f| f.edit(|p| p.remove("status"));
    "duplicate-json" DuplicateField "JSON with two values of invoice_id"
        |f| f.json(|p| p.duplicate("invoice_id", quote(&new_invoice_id())));
    "duplicate-form" DuplicateField "form with two values of order_id"
        |f| f.form(|p| p.duplicate("order_id", quote(OTHER_ORDER)));
    "amount-negative" InvalidField "amount is -1" |f| f.edit(|p| p.field("amount_crypto", "-1"));
    "amount-underscore" InvalidField "amount is 1_000, which Python reads"
        |f| f.edit(|p| p.field("amount_crypto", quote("1_000")));
    "amount-nan" InvalidJson "amount is NaN, which Python reads too"
        |f| f.json(|p| p.field("amount_crypto", "NaN"));
    "amount-huge" InvalidField "amount is 1e400" |f| f.edit(|p| p.field("amount_crypto", "1e400"));
    "order-nul" InvalidField "order_id with a NUL character"
        |f| f.edit(|p| p.order_id("ORDER\u{0}"));
    "order-long" InvalidField "order_id of 1,025 bytes"
        |f| f.edit(|p| p.order_id(&"1".repeat(1_025)));
    "order-long-number" InvalidField "order_id is a number of 1,025 digits"
        |f| f.edit(|p| p.field("order_id", "1".repeat(1_025)));
    "utf8-invalid-json" InvalidJson "JSON that is not UTF-8"
        |f| Request::post(JSON, [&b"{\"x\":\"\xff\","[..], &f.genuine()[1..]].concat());
    "utf8-invalid-form" InvalidForm "form that is not UTF-8 once decoded"
        |f| Request::post(FORM, [&f.form(|p| p).body[..], b"&x=%ff"].concat());
    "byte-order-mark" InvalidJson "JSON after a byte order mark"
        |f| Request::post(JSON, [b"\xef\xbb\xbf", &f.genuine()[..]].concat());
    "json-deep" InvalidJson "JSON nested 10,000 levels deep"
        |f| f.json(|p| p.field("extra", "[".repeat(10_000) + &"]".repeat(10_000)));
    "json-array" InvalidJson "genuine postback inside an array"
        |f| Request::post(JSON, [b"[", &f.genuine()[..], b"]"].concat());
    "charset-utf-16" MediaType "JSON in UTF-16, as declared" |f| f.utf16();
    "multipart" MediaType "genuine token in multipart/form-data" |f| f.multipart();
    "gzip" ContentEncoding "genuine postback, compressed with gzip" |f| f.gzip();
    "large" BodyTooLarge "genuine postback padded to over 64 KiB" |f| f.padded(MAX_BODY_BYTES + 1);
    "large-chunked" BodyTooLarge "genuine postback padded to 10 MB, chunked"
        |f| Request { is_chunked: true, ..f.padded(10_000_000) };
    "get" MethodNotAllowed "genuine postback sent with GET"
        |f| Request { method: Method::GET, ..f.json(|p| p) };
    "put" MethodNotAllowed "genuine postback sent with PUT"
        |f| Request { method: Method::PUT, ..f.json(|p| p) };
}

// If an endpoint refuses these too, its refusals prove nothing.
attacks! {
    CONTROLS:

    Ok, None, "Genuine postbacks are refused: payment links send no order_id, and a project \
        sends either JSON or forms (--format).":
    "genuine-json" Accepted "genuine postback as JSON" |f| f.json(|p| p);
    "genuine-json-no-order" Accepted "genuine, order_id is null (payment link)"
        |f| f.json(|p| p.field("order_id", "null"));
    "genuine-form" Accepted "genuine postback as a form" |f| f.form(|p| p);
    "genuine-form-no-order" Accepted "genuine, no order_id (payment link)"
        |f| f.form(|p| p.remove("order_id"));
}

/// The order of the attacks that name another one.
const OTHER_ORDER: &str = "ORDER_OTHER";
