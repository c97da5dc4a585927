//! Corpora of tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cryptocloud_postback::{
    ErrorKind, SecretKey,
    testing::{NOW, PostbackBuilder},
};
use serde::Deserialize;

use super::{SECRET, post, read, verifier, verifier_at};

#[derive(Deserialize)]
struct Claim {
    name: String,
    now: u64,
    leeway: u64,
    claims_json: String,
    expect: String,
}

#[actix_web::test]
async fn jwt_claim_cases() {
    #[derive(Deserialize)]
    struct Corpus {
        count: usize,
        tests: Vec<Claim>,
    }
    let Some(corpus) = read::<Corpus>("jwt_claim_cases.json") else {
        return;
    };
    assert_eq!(corpus.tests.len(), corpus.count);
    for case in corpus.tests {
        // The cases name no invoice, which alone would refuse the valid ones.
        let claims = case
            .claims_json
            .replacen("{\"", "{\"id\":\"ILRAJE1Q\",\"", 1);
        let postback = PostbackBuilder::new(SECRET).at(NOW).claims(claims);
        let verifier = verifier_at(case.now, case.leeway, SECRET);
        for postback in [postback.json(), postback.form()] {
            let (response, kind) = post(&verifier, &postback).await;
            let expected = if case.expect == "valid" { 200 } else { 401 };
            assert_eq!(response.status, expected, "{}: {kind:?}", case.name);
            assert_ne!(kind, Some(ErrorKind::InvoiceMismatch), "{}", case.name);
        }
    }
}

#[derive(Deserialize)]
struct Jose {
    title: String,
    key_b64url: Option<String>,
    token: serde_json::Value,
    strict_result: String,
}

/// None of these tokens names an invoice, so even a valid one is refused.
#[actix_web::test]
async fn rfc_jose_examples() {
    #[derive(Deserialize)]
    struct Corpus {
        count: usize,
        tests: Vec<Jose>,
    }
    let Some(corpus) = read::<Corpus>("rfc_jose_examples.json") else {
        return;
    };
    assert_eq!(corpus.tests.len(), corpus.count);
    let mut valid = 0;
    for case in corpus.tests {
        let token = match &case.token {
            serde_json::Value::String(token) => token.clone(),
            object => object.to_string(),
        };
        let (_, kind) = post(
            &verifier(),
            &PostbackBuilder::new(SECRET).at(NOW).token(&token).json(),
        )
        .await;
        let kind = kind.expect("no example is a postback's token");
        assert_eq!(kind.response().status(), 401, "{}", case.title);
        if case.strict_result != "valid" {
            assert_ne!(kind, ErrorKind::TokenClaims, "{}", case.title);
            continue;
        }
        // The MAC is wrong under this verifier's key. Under the example's own key it is right, but
        // those keys are not strings, so jsonwebtoken has to check it.
        assert_eq!(kind, ErrorKind::TokenSignature, "{}", case.title);
        let key = URL_SAFE_NO_PAD
            .decode(case.key_b64url.expect("a key"))
            .expect("base64url");
        assert!(oracle_holds(&token, &key), "{}", case.title);
        valid += 1;
    }
    assert_eq!(valid, 2);
}

fn oracle_holds(token: &str, key: &[u8]) -> bool {
    let provider = &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
    let key = jsonwebtoken::DecodingKey::from_secret(key);
    let (message, mac) = token.rsplit_once('.').expect("a token has dots");
    let mac = URL_SAFE_NO_PAD.decode(mac).expect("base64url");
    (provider.verifier_factory)(&jsonwebtoken::Algorithm::HS256, &key)
        .is_ok_and(|verifier| verifier.verify(message.as_bytes(), &mac).is_ok())
}

#[derive(Deserialize)]
struct Attack {
    attack: String,
    header_json: String,
    payload_json: String,
    signature: Option<String>,
    sign_with: Option<String>,
    must: String,
}

#[actix_web::test]
async fn token_attacks() {
    #[derive(Deserialize)]
    struct Corpus {
        count: usize,
        tests: Vec<Attack>,
    }
    let Some(corpus) = read::<Corpus>("jwt_attack_list.json") else {
        return;
    };
    assert_eq!(corpus.tests.len(), corpus.count);
    let mut accepted = 0;
    for case in corpus.tests {
        let exp = (NOW.as_secs() + 240).to_string();
        let payload = case.payload_json.replace("%EXP%", &exp);
        let secret = match case.sign_with.as_deref() {
            Some("<real secret>") => SECRET,
            Some("<any public PEM text>") => {
                "-----BEGIN PUBLIC KEY-----\nAQAB\n-----END PUBLIC KEY-----\n"
            }
            Some(secret) => secret,
            None => "",
        };
        let signer = PostbackBuilder::new(secret)
            .at(NOW)
            .header(&case.header_json)
            .claims(payload);
        let signed = signer.signed_token();
        let (message, _) = signed.rsplit_once('.').expect("a token has dots");
        // Without a key, the signature is empty or made up.
        let token = match (case.sign_with.is_some(), &case.signature) {
            (true, _) => signed,
            (false, None) => format!("{message}."),
            (false, Some(_)) => format!("{message}.{}", URL_SAFE_NO_PAD.encode([7; 32])),
        };
        if case.must.starts_with("refuse at configuration time") {
            assert!(SecretKey::new(secret).is_err(), "{}", case.attack);
        }
        let postback = signer.token(&token);
        for postback in [postback.json(), postback.form()] {
            let (response, kind) = post(&verifier(), &postback).await;
            if case.must == "accept" {
                assert_eq!(response.status, 200, "{}: {kind:?}", case.attack);
                accepted += 1;
            } else {
                assert_eq!(response.status, 401, "{}: {kind:?}", case.attack);
            }
        }
    }
    assert_eq!(accepted, 2);
}
