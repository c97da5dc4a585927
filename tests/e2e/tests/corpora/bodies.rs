//! What concerns the body.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use cryptocloud_postback::{
    ErrorKind, Format, MAX_BODY_BYTES, Verifier,
    testing::{NOW, PostbackBuilder},
};
use serde::Deserialize;

use super::{SECRET, post, read, verifier};
use crate::receivers::{Request, send};

#[derive(Deserialize)]
struct JsonText {
    name: String,
    #[serde(default)]
    expect: String,
    base64: Option<String>,
    repeat: Option<serde_json::Value>,
    strict_policy: Option<String>,
}

impl JsonText {
    fn bytes(&self) -> Vec<u8> {
        match (&self.base64, &self.repeat) {
            (Some(text), _) => STANDARD.decode(text).expect("base64"),
            (None, Some(repeat)) => repeated(repeat),
            (None, None) => panic!("{} has no text", self.name),
        }
    }

    /// Whether a strict reader accepts the text as the value of an unknown field.
    fn is_accepted(&self) -> bool {
        match self.expect.as_str() {
            "accept" => true,
            "reject" => false,
            _ => self
                .strict_policy
                .as_ref()
                .is_some_and(|policy| policy.starts_with("parse")),
        }
    }
}

fn repeated(repeat: &serde_json::Value) -> Vec<u8> {
    let text = |name: &str| repeat[name].as_str().unwrap_or_default().to_owned();
    let count = repeat["count"]
        .as_u64()
        .and_then(|count| usize::try_from(count).ok());
    format!(
        "{}{}",
        text("unit").repeat(count.expect("a count")),
        text("tail")
    )
    .into_bytes()
}

#[actix_web::test]
async fn json_test_suite() {
    #[derive(Deserialize)]
    struct Corpus {
        tests: Vec<JsonText>,
        transform_inputs: Vec<JsonText>,
    }
    let Some(corpus) = read::<Corpus>("json_test_suite.json") else {
        return;
    };
    assert_eq!(
        (corpus.tests.len(), corpus.transform_inputs.len()),
        (318, 22)
    );
    let verifier = verifier();
    for case in corpus.tests.iter().chain(&corpus.transform_inputs) {
        let text = case.bytes();
        as_body(&verifier, case, &text).await;
        as_token(&verifier, case, &text).await;
    }
    for case in &corpus.tests {
        as_unknown_field(&verifier, case).await;
    }
}

/// As the whole body the text is never a postback: 4xx.
async fn as_body(verifier: &Verifier, case: &JsonText, text: &[u8]) {
    for content_type in [Some(&b"application/json"[..]), None] {
        let request = Request::post(content_type, text.to_vec());
        let (response, _) = send(verifier, &request).await;
        assert!(
            (400..500).contains(&response.status),
            "{}: {response:?}",
            case.name
        );
    }
}

/// The text as the header and as the claims of a token with a valid MAC.
async fn as_token(verifier: &Verifier, case: &JsonText, text: &[u8]) {
    let header = br#"{"alg":"HS256"}"#;
    let claims = br#"{"id":"ILRAJE1Q","exp":0}"#;
    for token in [signed(text, claims), signed(header, text)] {
        let postback = PostbackBuilder::new(SECRET).at(NOW).token(&token).json();
        let is_too_large = postback.body().len() > MAX_BODY_BYTES;
        let (response, kind) = post(verifier, &postback).await;
        let expected = if is_too_large { 413 } else { 401 };
        assert_eq!(response.status, expected, "{}: {kind:?}", case.name);
        assert_ne!(kind, Some(ErrorKind::TokenSignature), "{}", case.name);
    }
}

fn signed(header: &[u8], claims: &[u8]) -> String {
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let provider = &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    let signer =
        (provider.signer_factory)(&jsonwebtoken::Algorithm::HS256, &key).expect("a signer");
    let mac = signer.try_sign(message.as_bytes()).expect("a MAC");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac))
}

async fn as_unknown_field(verifier: &Verifier, case: &JsonText) {
    let postback = PostbackBuilder::new(SECRET)
        .at(NOW)
        .field("unknown", "@")
        .json();
    let mut body = Vec::new();
    for byte in postback.body() {
        match byte {
            b'@' => body.extend(case.bytes()),
            other => body.push(other),
        }
    }
    let is_too_large = body.len() > MAX_BODY_BYTES;
    let request = Request::post(Some(postback.content_type()), body);
    let (response, kind) = send(verifier, &request).await;
    let expected = match (is_too_large, case.is_accepted()) {
        (true, _) => 413,
        (false, true) => 200,
        (false, false) => 400,
    };
    assert_eq!(response.status, expected, "{}: {kind:?}", case.name);
}

#[derive(Deserialize)]
struct Form {
    input: String,
    expected_pairs: Vec<(String, String)>,
    invalid_utf8: bool,
}

#[actix_web::test]
async fn wpt_urlencoded_parser() {
    #[derive(Deserialize)]
    struct Corpus {
        count: usize,
        tests: Vec<Form>,
    }
    let Some(corpus) = read::<Corpus>("wpt_urlencoded_parser.json") else {
        return;
    };
    assert_eq!(corpus.tests.len(), corpus.count);
    let verifier = verifier();
    let good = PostbackBuilder::new(SECRET).at(NOW).form();
    let good = String::from_utf8_lossy(&good.body()).into_owned();
    for case in corpus.tests {
        // After a good postback, since its names are not documented ones.
        let request = form_request(&format!("{good}&{}", case.input));
        let (response, kind) = send(&verifier, &request).await;
        let expected = if case.invalid_utf8 { 400 } else { 200 };
        assert_eq!(response.status, expected, "{:?}: {kind:?}", case.input);
        // Each name and value as an order id, to compare what it decodes to.
        let segments = case.input.split('&').filter(|segment| !segment.is_empty());
        for (segment, (name, value)) in segments.zip(&case.expected_pairs) {
            let (raw_name, raw_value) = segment.split_once('=').unwrap_or((segment, ""));
            for (raw, decoded) in [(raw_name, name), (raw_value, value)] {
                as_order_id(
                    &verifier,
                    form_request(&format!("{good}&order_id={raw}")),
                    decoded,
                )
                .await;
            }
        }
    }
}

fn form_request(body: &str) -> Request {
    let content_type = Format::Form.content_type().as_bytes();
    Request::post(Some(content_type), body.to_owned().into_bytes())
}

#[actix_web::test]
async fn naughty_order_ids() {
    #[derive(Deserialize)]
    struct Corpus {
        count: usize,
        strings: Vec<String>,
    }
    let Some(corpus) = read::<Corpus>("blns.json") else {
        return;
    };
    assert_eq!(corpus.strings.len(), corpus.count);
    let verifier = verifier();
    for text in corpus.strings {
        let signed = PostbackBuilder::new(SECRET).at(NOW).order_id(&text);
        for postback in [signed.json(), signed.form()] {
            let request = Request::post(Some(postback.content_type()), postback.body());
            as_order_id(&verifier, request, &text).await;
        }
    }
}

/// The order id arrives byte for byte, or the response is 400 if the text cannot be an id.
async fn as_order_id(verifier: &Verifier, request: Request, text: &str) {
    let (response, kind) = send(verifier, &request).await;
    if text
        .chars()
        .any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER)
    {
        assert_eq!(response.status, 400, "{text:?}: {kind:?}");
        return;
    }
    assert_eq!(response.status, 200, "{text:?}: {kind:?}");
    let order_id = response.seen.and_then(|seen| seen.order_id);
    assert_eq!(order_id.as_deref(), (!text.is_empty()).then_some(text));
}
