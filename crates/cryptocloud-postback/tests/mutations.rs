//! A genuine postback, changed in every place: nothing panics, no other invoice is accepted, and
//! `jsonwebtoken::decode` accepts every token that is accepted here.

use bytes::Bytes;
use cryptocloud_postback::{
    RequestHead, SecretKey, Verifier,
    testing::{NOW, PostbackBuilder},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

fn verifier() -> Result<Verifier, Box<dyn std::error::Error>> {
    Ok(Verifier::new(SecretKey::new(SECRET)?)?)
}

/// Every text that differs from this one in one byte, or lacks or repeats one.
fn mutations<'a>(text: &'a [u8], bytes: &'a [u8]) -> impl Iterator<Item = Vec<u8>> + 'a {
    (0..text.len()).flat_map(move |at| {
        let (before, rest) = text.split_at(at);
        let after = rest.get(1..).unwrap_or_default();
        let replaced = bytes
            .iter()
            .map(move |byte| [before, &[*byte], after].concat());
        let cut = [
            before.to_vec(),
            [before, after].concat(),
            [before, rest, rest].concat(),
        ];
        replaced.chain(cut).filter(move |mutation| mutation != text)
    })
}

#[test]
fn of_a_body() -> TestResult {
    let verifier = verifier()?;
    let signed = PostbackBuilder::new(SECRET).at(NOW).order_id("ORDER_93223");
    let bytes = b"\0\n \"%&+,-.019:=AIZ[\\]_az{}\x7f\x80\xc3\xff";
    let mut accepted = 0;
    for postback in [signed.json(), signed.form()] {
        for body in mutations(&postback.body(), bytes) {
            let head = RequestHead::from_content_type(Some(postback.content_type()));
            let outcome = verifier.verify_at(head, body.into(), NOW);
            if let Ok(verified) = outcome {
                assert_eq!(verified.invoice_id().as_str(), "ILRAJE1Q");
                // Nor does anything panic that is read later.
                let _ = verified.reported().invoice_info();
                accepted += 1;
            }
        }
    }
    // Most of a body is not signed.
    assert!(accepted > 1000, "only {accepted} were accepted");
    Ok(())
}

#[test]
fn of_a_token() -> TestResult {
    let verifier = verifier()?;
    let signed = PostbackBuilder::new(SECRET).at(NOW);
    let token = signed.signed_token();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";
    for mutation in mutations(token.as_bytes(), alphabet) {
        let text = String::from_utf8(mutation)?;
        let body = signed.clone().token(&text).json().body();
        let is_accepted = verifier
            .verify_at(RequestHead::from_content_type(None), body, NOW)
            .is_ok();
        // Only white space around it is trimmed.
        assert_eq!(is_accepted, text.trim() == token, "{text:?}");
    }
    Ok(())
}

#[test]
fn of_a_token_s_parts_under_a_mac_that_holds() -> TestResult {
    // The process-wide default is unset if both backends are compiled in.
    #[cfg(feature = "aws-lc-rs")]
    let provider = &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
    #[cfg(not(feature = "aws-lc-rs"))]
    let provider = &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
    provider
        .install_default()
        .map_err(|_| "a default is installed")?;
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;

    let verifier = verifier()?;
    let header = r#"{"typ":"JWT","alg":"HS256"}"#;
    let claims = format!(r#"{{"id":"ILRAJE1Q","exp":{}}}"#, NOW.as_secs() + 60);
    let bytes: Vec<u8> = (b' '..=b'~').collect();
    let mut accepted = 0;
    let mut check = |signed: PostbackBuilder| {
        let outcome = verifier.verify_at(
            RequestHead::from_content_type(None),
            signed.json().body(),
            NOW,
        );
        if outcome.is_ok() {
            let decoded =
                jsonwebtoken::decode::<serde_json::Value>(signed.signed_token(), &key, &validation);
            assert!(decoded.is_ok(), "{decoded:?}");
            accepted += 1;
        }
    };
    for mutation in mutations(header.as_bytes(), &bytes) {
        check(
            PostbackBuilder::new(SECRET)
                .at(NOW)
                .header(String::from_utf8(mutation)?)
                .claims(&claims),
        );
    }
    for mutation in mutations(claims.as_bytes(), &bytes) {
        check(
            PostbackBuilder::new(SECRET)
                .at(NOW)
                .claims(String::from_utf8(mutation)?),
        );
    }
    // Some names are free, and the expiry can be other digits.
    assert!(accepted > 100, "only {accepted} were accepted");
    Ok(())
}

#[test]
fn of_the_content_type() -> TestResult {
    let verifier = verifier()?;
    let body: Bytes = PostbackBuilder::new(SECRET).at(NOW).json().body();
    let bytes: Vec<u8> = (0..=u8::MAX).collect();
    for content_type in mutations(b"application/json; charset=\"utf-8\"", &bytes) {
        let head = RequestHead::from_content_type(Some(&content_type));
        let outcome = verifier.verify_at(head, body.clone(), NOW);
        let refused = outcome.err().map(|error| error.kind().response().status());
        assert!(matches!(refused, None | Some(415)), "{content_type:?}");
    }
    Ok(())
}
