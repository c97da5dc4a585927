use bytes::Bytes;
use cryptocloud_postback::ErrorKind;
use reqwest::Method;

use super::{
    attack::{Attack, Finding},
    forger::{Forger, JSON, MARK, OTHER_SECRET},
};
use crate::{body::quote, client::Request, draft::new_invoice_id};

/// A table: a name, what an endpoint does wrong that accepts it, how our adapters refuse it, what is
/// sent, and how it is made.
macro_rules! attacks {
    ($table:ident: $($name:literal $finding:ident $expected:ident $description:literal |$f:ident| $plan:expr;)*) => {
        pub(super) const $table: &[Attack] = &[$(Attack {
            name: $name,
            finding: Finding::$finding,
            expected: attacks!(@ $expected),
            description: $description,
            plan: |$f: &Forger| $plan.into(),
        },)*];
    };
    (@ Accepted) => { None };
    (@ $kind:ident) => { Some(ErrorKind::$kind) };
}

// In the order in which they are sent. The first three tell whether everything is accepted.
attacks! {
    ATTACKS:

    "empty" Malformed InvalidJson "empty body" |_f| Request::post(JSON, Bytes::new());
    "token-missing" NoToken TokenMissing "no token" |f| f.edit(|p| p.remove("token"));
    "other-secret" Signature TokenSignature "signed with another secret"
        |f| f.edit(|p| p.secret(OTHER_SECRET));

    "token-null" NoToken TokenMissing "token is null" |f| f.edit(|p| p.field("token", "null"));
    "token-empty" NoToken TokenMissing "token is an empty string" |f| f.token("");
    "token-blank" NoToken TokenMissing "token is only white space" |f| f.token(" \t\n");
    "token-number" NoToken TokenMissing "token is a number" |f| f.edit(|p| p.field("token", "1"));
    "token-array" NoToken TokenMissing "token is an array"
        |f| f.edit(|p| p.field("token", r#"["x"]"#));
    "token-object" NoToken TokenMissing "token is an object" |f| f.edit(|p| p.field("token", "{}"));
    "form-no-token" Form TokenMissing "form without a token" |f| f.form(|p| p.remove("token"));
    "form-other-secret" Form TokenSignature "form signed with another secret"
        |f| f.form(|p| p.secret(OTHER_SECRET));
    "sample-secret" GuessedSecret TokenSignature "signed with super-secret from the samples"
        |f| f.edit(|p| p.secret("super-secret"));
    "empty-secret" GuessedSecret TokenSignature "signed with an empty secret"
        |f| f.edit(|p| p.secret(""));
    "mac-one-bit" Signature TokenSignature "genuine token, one bit of its MAC flipped"
        |f| f.flipped(0);
    "mac-of-other-claims" Signature TokenSignature "genuine MAC over other claims"
        |f| f.moved_mac();
    "token-two-segments" Signature TokenMalformed "genuine token without its MAC"
        |f| f.token("{signed}");
    "token-long" Signature TokenMalformed "token of 40 KB"
        |f| f.token(&format!("e30.{}.e30", "A".repeat(40_000)));
    "alg-none" AlgNone TokenMalformed "alg none without a MAC" |f| f.unsigned("none");
    "alg-none-capital" AlgNone TokenMalformed "alg None without a MAC" |f| f.unsigned("None");
    "alg-none-upper" AlgNone TokenMalformed "alg NONE without a MAC" |f| f.unsigned("NONE");
    "alg-none-mixed" AlgNone TokenMalformed "alg nOnE without a MAC" |f| f.unsigned("nOnE");
    "alg-none-other-mac" AlgNone TokenAlgorithm "alg none with a MAC of another secret"
        |f| f.own_header(r#"{"typ":"JWT","alg":"none"}"#);
    "header-jwk" OwnKey TokenHeader "header with the attacker's key (jwk)"
        |f| f.own_header(r#"{"alg":"HS256","jwk":{"kty":"oct","k":"{key}"}}"#);
    "header-jku" OwnKey TokenHeader "header with a URL to a key (jku)"
        |f| f.own_header(r#"{"alg":"HS256","jku":"https://attacker.invalid/keys.json"}"#);
    "alg-lower-case" Malformed TokenAlgorithm "alg hs256 instead of HS256"
        |f| f.header(r#"{"typ":"JWT","alg":"hs256"}"#);
    "alg-hs384" Malformed TokenAlgorithm "alg HS384 with an HS256 MAC"
        |f| f.header(r#"{"typ":"JWT","alg":"HS384"}"#);
    "alg-rs256" Malformed TokenAlgorithm "alg RS256 with an HS256 MAC"
        |f| f.header(r#"{"typ":"JWT","alg":"RS256"}"#);
    "alg-missing" Malformed TokenAlgorithm "header without alg" |f| f.header(r#"{"typ":"JWT"}"#);
    "alg-twice" Malformed TokenHeader "header with both alg none and alg HS256"
        |f| f.header(r#"{"alg":"none","alg":"HS256"}"#);
    "header-crit" Malformed TokenHeader "crit names an unknown extension"
        |f| f.header(r#"{"alg":"HS256","crit":["x"],"x":1}"#);
    "token-padded" Malformed TokenMalformed "genuine token with base64 padding"
        |f| f.token("{token}=");
    "token-trailing-bits" Malformed TokenMalformed "genuine token with unused bits set"
        |f| f.flipped(42);
    "token-four-segments" Malformed TokenMalformed "genuine token with a fourth segment"
        |f| f.token("{token}.e30");
    "token-bearer" Malformed TokenMalformed "genuine token prefixed with Bearer"
        |f| f.token("Bearer {token}");

    "other-invoice" OtherInvoice InvoiceMismatch "genuine token of another invoice"
        |f| f.other_invoice();
    "id-missing" Unbound InvoiceMismatch "token without an invoice id"
        |f| f.claims(r#"{"exp":{exp}}"#);
    "id-number" Unbound InvoiceMismatch "invoice id of the token is a number"
        |f| f.claims(r#"{"id":1,"exp":{exp}}"#);
    "expired" Expiry TokenExpired "genuine postback from an hour ago" |f| f.expiring(-3_600);
    "exp-missing" NoExpiry TokenClaims "token without exp, so it never expires"
        |f| f.claims(r#"{"id":{id}}"#);
    "exp-null" NoExpiry TokenClaims "exp is null" |f| f.claims(r#"{"id":{id},"exp":null}"#);
    "exp-huge" Malformed TokenClaims "exp is 1e400" |f| f.claims(r#"{"id":{id},"exp":1e400}"#);
    "exp-far" Malformed TokenLifetime "token valid for a year, not five minutes"
        |f| f.expiring(365 * 86_400);
    "exp-string" Malformed TokenClaims "exp is a string"
        |f| f.claims(r#"{"id":{id},"exp":"{exp}"}"#);
    "exp-fraction" Malformed TokenClaims "exp is a fraction"
        |f| f.claims(r#"{"id":{id},"exp":{exp}.5}"#);
    "nbf-future" Malformed TokenNotYetValid "token not valid before 2100 (nbf)"
        |f| f.claims(r#"{"id":{id},"exp":{exp},"nbf":4102444800}"#);

    "invoice-operator" Operators InvalidField "invoice_id is {\"$ne\":null}"
        |f| f.json(|p| p.field("invoice_id", r#"{"$ne":null}"#));
    "invoice-object" Operators InvalidField "invoice_id is an object"
        |f| f.json(|p| p.field("invoice_id", "{}"));
    "invoice-array" Operators InvalidField "invoice_id is an array"
        |f| f.json(|p| p.field("invoice_id", format!("[{}]", quote(&f.invoice_id))));
    "invoice-number" Operators InvalidField "invoice_id is a number"
        |f| f.json(|p| p.field("invoice_id", "1"));
    "invoice-form-operator" Operators MissingId "form with invoice_id[$ne]"
        |f| f.form(|p| p.remove("invoice_id").field("invoice_id[$ne]", quote("")));

    "changed-amount" Reported Accepted "genuine token, only 0.000001 paid"
        |f| f.edit(|p| p.paid("0.000001"));
    "changed-currency" Reported Accepted "genuine token, another currency"
        |f| f.edit(|p| p.currency("SHIB_BSC"));
    "changed-order" Reported Accepted "genuine token, another order"
        |f| f.edit(|p| p.order_id(OTHER_ORDER));
    "status-canceled" Reported StatusRefused "status is canceled"
        |f| f.edit(|p| p.status("canceled"));
    "status-created" Reported StatusRefused "status is created, so nothing was paid"
        |f| f.edit(|p| p.status("created"));
    "replay" Repeated Accepted "genuine postback twice" |f| f.then(f.edit(|p| p));
    "resend" Repeated Accepted "genuine postback, again with a new token" |f| f.then(f.expiring(1));
    "other-fields" Repeated Accepted "genuine postback, again with other fields"
        |f| f.then(f.edit(|p| p.paid("1000000")));
    "copies" Repeated Accepted "genuine postback, 32 copies at once" |f| f.copies();

    "no-invoice" Malformed MissingId "no invoice_id" |f| f.edit(|p| p.remove("invoice_id"));
    "no-status" Malformed MissingField "no status" |f| f.edit(|p| p.remove("status"));
    "duplicate-json" Malformed DuplicateField "JSON with two values of invoice_id"
        |f| f.json(|p| p.duplicate("invoice_id", quote(&new_invoice_id())));
    "duplicate-form" Malformed DuplicateField "form with two values of order_id"
        |f| f.form(|p| p.duplicate("order_id", quote(OTHER_ORDER)));
    "amount-negative" Malformed InvalidField "amount is -1"
        |f| f.edit(|p| p.field("amount_crypto", "-1"));
    "amount-underscore" Malformed InvalidField "amount is 1_000, which Python reads"
        |f| f.edit(|p| p.field("amount_crypto", quote("1_000")));
    "amount-nan" Malformed InvalidJson "amount is NaN, which Python reads too"
        |f| f.json(|p| p.field("amount_crypto", "NaN"));
    "amount-huge" Malformed InvalidField "amount is 1e400"
        |f| f.edit(|p| p.field("amount_crypto", "1e400"));
    "order-nul" Malformed InvalidField "order_id with a NUL character"
        |f| f.edit(|p| p.order_id("ORDER\u{0}"));
    "order-long" Malformed InvalidField "order_id of 1,025 bytes"
        |f| f.edit(|p| p.order_id(&"1".repeat(1_025)));
    "order-long-number" Malformed InvalidField "order_id is a number of 1,025 digits"
        |f| f.edit(|p| p.field("order_id", "1".repeat(1_025)));
    "utf8-invalid-json" Malformed InvalidJson "JSON that is not UTF-8"
        |f| Forger::replaced(f.json(|p| p.order_id(MARK)), b"ORDER\xff");
    "utf8-invalid-form" Malformed InvalidForm "form that is not UTF-8 once decoded"
        |f| Forger::replaced(f.form(|p| p.order_id(MARK)), b"ORDER%ff");
    "byte-order-mark" Malformed InvalidJson "JSON after a byte order mark"
        |f| Request::post(JSON, [b"\xef\xbb\xbf", &f.genuine()[..]].concat());
    "json-deep" Malformed InvalidJson "JSON nested 10,000 levels deep"
        |f| f.json(|p| p.field("extra", "[".repeat(10_000) + &"]".repeat(10_000)));
    "json-array" Malformed InvalidJson "genuine postback inside an array"
        |f| Request::post(JSON, [b"[", &f.genuine()[..], b"]"].concat());
    "charset-utf-16" Malformed MediaType "JSON in UTF-16, as declared" |f| f.utf16();
    "multipart" Malformed MediaType "genuine token in multipart/form-data" |f| f.multipart();
    "gzip" Malformed ContentEncoding "genuine postback, compressed with gzip" |f| f.gzip();
    "large" Malformed BodyTooLarge "genuine postback padded to over 64 KiB" |f| f.large();
    "large-chunked" Malformed BodyTooLarge "genuine postback padded to 10 MB, chunked"
        |f| f.chunked();
    "get" Malformed MethodNotAllowed "genuine postback sent with GET" |f| f.method(Method::GET);
    "put" Malformed MethodNotAllowed "genuine postback sent with PUT" |f| f.method(Method::PUT);
}

// If an endpoint refuses these too, its refusals prove nothing.
attacks! {
    CONTROLS:

    "genuine-json" Genuine Accepted "genuine postback as JSON" |f| f.json(|p| p);
    "genuine-json-no-order" Genuine Accepted "genuine, order_id is null (payment link)"
        |f| f.json(|p| p.field("order_id", "null"));
    "genuine-form" Genuine Accepted "genuine postback as a form" |f| f.form(|p| p);
    "genuine-form-no-order" Genuine Accepted "genuine, no order_id (payment link)"
        |f| f.form(|p| p.remove("order_id"));
}

/// The order of the attacks that name another one.
pub(super) const OTHER_ORDER: &str = "ORDER_OTHER";
