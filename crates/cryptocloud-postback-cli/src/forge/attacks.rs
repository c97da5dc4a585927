use cryptocloud_postback::MAX_BODY_BYTES;
use reqwest::Method;
use serde::Serialize;

use super::{
    forger::{FORM, Forger, JSON, OTHER_SECRET},
    outcome::Verdict,
};
use crate::{body::quote, client::Request};

/// An attack on an endpoint, or a genuine postback.
#[derive(Debug, Serialize)]
pub(crate) struct Attack {
    pub(super) name: &'static str,
    /// How bad it is if an endpoint accepts it.
    pub(super) class: Verdict,
    /// What is sent, short enough for one line of a terminal.
    pub(super) description: &'static str,
    /// What it means if the endpoint gets it wrong.
    #[serde(skip)]
    pub(super) meaning: &'static str,
    /// How many payments a shop may credit for it, if a response cannot tell.
    #[serde(skip)]
    pub(super) payments: Option<usize>,
    #[serde(skip)]
    pub(super) plan: fn(&Forger) -> Vec<Request>,
}

impl Attack {
    pub(super) fn is_genuine(&self) -> bool {
        self.class == Verdict::Ok
    }
}

/// One request; of two the first is genuine, and more are sent at once.
impl From<Request> for Vec<Request> {
    fn from(request: Request) -> Self {
        vec![request]
    }
}

/// A table of what an endpoint may get wrong: its class, how many payments a shop may credit if a
/// response cannot tell, what it means, and the attacks that show it: a name, what is sent, and how
/// it is made.
macro_rules! attacks {
    ($table:ident: $(
        $class:ident, $payments:expr, $meaning:literal:
        $($name:literal $description:literal |$f:ident| $plan:expr;)*
    )*) => {
        pub(super) const $table: &[Attack] = &[$($(Attack {
            name: $name,
            class: Verdict::$class,
            description: $description,
            meaning: $meaning,
            payments: $payments,
            plan: |$f: &Forger| $plan.into(),
        },)*)*];
    };
}

attacks! {
    ATTACKS:

    Bypass, None, "Anyone can confirm any invoice: a postback without a token is accepted.":
    "token-missing" "no token" |f| f.edit(|p| p.remove("token"));
    "token-null" "token is null" |f| f.edit(|p| p.field("token", "null"));
    "token-empty" "token is an empty string" |f| f.token("");
    "token-blank" "token is only white space" |f| f.token(" \t\n");
    "token-number" "token is a number" |f| f.edit(|p| p.field("token", "1"));
    "token-array" "token is an array" |f| f.edit(|p| p.field("token", r#"["x"]"#));
    "token-object" "token is an object" |f| f.edit(|p| p.field("token", "{}"));

    Bypass, None, "Anyone can confirm any invoice: a form needs no valid token.":
    "form-no-token" "form without a token" |f| f.form(|p| p.remove("token"));
    "form-other-secret" "form signed with another secret" |f| f.form(|p| p.secret(OTHER_SECRET));
    "multipart-no-token" "multipart/form-data without a token" |f| f.multipart();

    Bypass, None, "Anyone can confirm any invoice: the signature of the token is not verified.":
    "other-secret" "signed with another secret" |f| f.edit(|p| p.secret(OTHER_SECRET));
    "mac-of-other-claims" "genuine MAC over other claims"
        |f| f.token(&(f.signed(|p| p.claims(r#"{"id":"ILRAJE1Q","exp":4102444800}"#)) + ".{mac}"));
    "token-two-segments" "genuine token without its MAC" |f| f.token(&f.signed(|p| p));
    "token-long" "token of 40 KB" |f| f.token(&format!("e30.{}.e30", "A".repeat(40_000)));

    Bypass, None, "Anyone can confirm any invoice: the secret is super-secret, as in the \
        vendor's samples, or empty.":
    "sample-secret" "signed with super-secret" |f| f.edit(|p| p.secret("super-secret"));
    "empty-secret" "signed with an empty secret" |f| f.edit(|p| p.secret(""));

    Bypass, None, "Anyone can confirm any invoice: a token with alg none is accepted.":
    "alg-none" "alg none without a MAC" |f| f.unsigned("none");
    "alg-none-capital" "alg None without a MAC" |f| f.unsigned("None");
    "alg-none-upper" "alg NONE without a MAC" |f| f.unsigned("NONE");
    "alg-none-mixed" "alg nOnE without a MAC" |f| f.unsigned("nOnE");
    "alg-none-other-mac" "alg none, MAC of another secret" |f| f.own_header(r#"{"alg":"none"}"#);

    Bypass, None, "Anyone can confirm any invoice: the token's header chooses the key.":
    "header-jwk" "header with the attacker's key (jwk)"
        |f| f.own_header(r#"{"alg":"HS256","jwk":{"kty":"oct","k":"{key}"}}"#);
    "header-jku" "header with a URL to a key (jku)"
        |f| f.own_header(r#"{"alg":"HS256","jku":"https://attacker.invalid/keys.json"}"#);
    "header-kid" "header with a path to an empty key (kid)"
        |f| f.edit(|p| p.secret("").header(r#"{"alg":"HS256","kid":"/dev/null"}"#));

    Bypass, None, "A customer who has paid one invoice can confirm another: the token's invoice \
        is not compared.":
    "other-invoice" "token of another invoice" |f| f.claims(r#"{"id":"OTHER","exp":{exp}}"#);

    Weakness, None, "A captured postback can be sent again at any time: the expiry is not checked.":
    "expired" "genuine postback from an hour ago" |f| f.expiring(-3_600);

    Weakness, None, "A token without an expiry is accepted: once captured, it is valid forever.":
    "exp-missing" "token without exp, so it never expires" |f| f.claims(r#"{"id":{id}}"#);
    "exp-null" "exp is null" |f| f.claims(r#"{"id":{id},"exp":null}"#);

    Weakness, None, "A token that names no invoice is accepted for any.":
    "id-missing" "token without an invoice id" |f| f.claims(r#"{"exp":{exp}}"#);
    "id-number" "invoice id of the token is a number" |f| f.claims(r#"{"id":1,"exp":{exp}}"#);

    Weakness, None, "An invoice_id that is not a string is accepted: as a query operator, it can \
        match another invoice.":
    "invoice-operator" "invoice_id is {\"$ne\":null}"
        |f| f.json(|p| p.field("invoice_id", r#"{"$ne":null}"#));
    "invoice-object" "invoice_id is an object" |f| f.json(|p| p.field("invoice_id", "{}"));
    "invoice-array" "invoice_id is an array"
        |f| f.json(|p| p.field("invoice_id", format!("[{}]", quote(&f.invoice_id))));
    "invoice-number" "invoice_id is a number" |f| f.json(|p| p.field("invoice_id", "1"));
    "invoice-form-operator" "form with invoice_id[$ne]"
        |f| f.form(|p| p.remove("invoice_id").field("invoice_id[$ne]", quote("")));

    Weakness, Some(0), "Fields that the token does not sign are believed: compare the order, the \
        amount, the currency and the status with your own record.":
    "changed-amount" "genuine token, only 0.000001 paid" |f| f.edit(|p| p.paid("0.000001"));
    "changed-currency" "genuine token, another currency" |f| f.edit(|p| p.currency("SHIB_BSC"));
    "changed-order" "genuine token, another order" |f| f.edit(|p| p.order_id("ORDER_OTHER"));
    "status-canceled" "status is canceled" |f| f.edit(|p| p.status("canceled"));
    "status-created" "status is created, so nothing was paid" |f| f.edit(|p| p.status("created"));

    Weakness, Some(1), "A payment that arrives twice is credited twice.":
    "replay" "genuine postback twice" |f| [f.edit(|p| p), f.edit(|p| p)];
    "resend" "genuine postback, then a new token" |f| [f.edit(|p| p), f.expiring(1)];
    "other-fields" "genuine postback, then other fields" |f| [f.edit(|p| p), f.edit(|p| p.paid("1000000"))];
    "copies" "genuine postback, 32 copies at once" |f| vec![f.edit(|p| p); 32];

    Strictness, None, "Malformed postbacks are accepted. None of them forges a payment without \
        the secret.":
    "empty" "empty body" |_f| Request::post(JSON, "");
    "alg-lower-case" "alg hs256 instead of HS256" |f| f.edit(|p| p.header(r#"{"alg":"hs256"}"#));
    "alg-hs384" "alg HS384 with an HS256 MAC" |f| f.edit(|p| p.header(r#"{"alg":"HS384"}"#));
    "alg-rs256" "alg RS256 with an HS256 MAC" |f| f.edit(|p| p.header(r#"{"alg":"RS256"}"#));
    "alg-missing" "header without alg" |f| f.edit(|p| p.header(r#"{"typ":"JWT"}"#));
    "alg-twice" "header with both alg none and alg HS256"
        |f| f.edit(|p| p.header(r#"{"alg":"none","alg":"HS256"}"#));
    "header-crit" "crit names an unknown extension"
        |f| f.edit(|p| p.header(r#"{"alg":"HS256","crit":["x"],"x":1}"#));
    "token-padded" "genuine token with base64 padding" |f| f.token("{token}=");
    "token-four-segments" "genuine token with a fourth segment" |f| f.token("{token}.e30");
    "token-bearer" "genuine token prefixed with Bearer" |f| f.token("Bearer {token}");
    "exp-huge" "exp is 1e400" |f| f.claims(r#"{"id":{id},"exp":1e400}"#);
    "exp-far" "token valid for a year, not five minutes" |f| f.expiring(365 * 86_400);
    "exp-string" "exp is a string" |f| f.claims(r#"{"id":{id},"exp":"{exp}"}"#);
    "exp-fraction" "exp is a fraction" |f| f.claims(r#"{"id":{id},"exp":{exp}.5}"#);
    "nbf-future" "token not valid before 2100 (nbf)"
        |f| f.claims(r#"{"id":{id},"exp":{exp},"nbf":4102444800}"#);
    "no-invoice" "no invoice_id" |f| f.edit(|p| p.remove("invoice_id"));
    "no-status" "no status" |f| f.edit(|p| p.remove("status"));
    "duplicate-json" "JSON, invoice_id twice" |f| f.json(|p| p.duplicate("invoice_id", r#""X""#));
    "duplicate-form" "form, order_id twice" |f| f.form(|p| p.duplicate("order_id", r#""X""#));
    "amount-negative" "amount is -1" |f| f.edit(|p| p.field("amount_crypto", "-1"));
    "amount-underscore" "amount is 1_000, read by Python"
        |f| f.edit(|p| p.field("amount_crypto", quote("1_000")));
    "amount-nan" "amount is NaN, read by Python" |f| f.json(|p| p.field("amount_crypto", "NaN"));
    "amount-huge" "amount is 1e400" |f| f.edit(|p| p.field("amount_crypto", "1e400"));
    "order-nul" "order_id with a NUL character" |f| f.edit(|p| p.order_id("ORDER\u{0}"));
    "order-long" "order_id of 1,025 bytes" |f| f.edit(|p| p.order_id(&"1".repeat(1_025)));
    "order-long-number" "order_id is a number of 1,025 digits"
        |f| f.edit(|p| p.field("order_id", "1".repeat(1_025)));
    "utf8-invalid-json" "JSON that is not UTF-8"
        |f| Request::post(JSON, [&b"{\"x\":\"\xff\","[..], &f.json(|p| p).body[1..]].concat());
    "utf8-invalid-form" "form that is not UTF-8 once decoded"
        |f| Request::post(FORM, [&f.form(|p| p).body[..], b"&x=%ff"].concat());
    "byte-order-mark" "JSON after a byte order mark"
        |f| Request::post(JSON, [b"\xef\xbb\xbf", &f.json(|p| p).body[..]].concat());
    "json-deep" "JSON nested 10,000 levels deep"
        |f| f.json(|p| p.field("extra", "[".repeat(10_000) + &"]".repeat(10_000)));
    "json-array" "genuine postback inside an array"
        |f| Request::post(JSON, [b"[", &f.json(|p| p).body[..], b"]"].concat());
    "large" "genuine postback padded to over 64 KiB" |f| f.padded(MAX_BODY_BYTES + 1);
    "large-chunked" "genuine postback of 200 KB, chunked"
        |f| Request { is_chunked: true, ..f.padded(200_000) };
    "get" "genuine postback sent with GET" |f| Request { method: Method::GET, ..f.json(|p| p) };
    "put" "genuine postback sent with PUT" |f| Request { method: Method::PUT, ..f.json(|p| p) };
}

// If an endpoint refuses these too, its refusals prove nothing.
attacks! {
    CONTROLS:

    Ok, None, "Some genuine postbacks are refused: those of payment links have no order_id.":
    "genuine" "genuine postback" |f| f.edit(|p| p);
    "genuine-no-order" "genuine, as for a payment link" |f| f.edit(|p| p.field("order_id", "null"));
}
