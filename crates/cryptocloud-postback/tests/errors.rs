//! What an error says beyond its kind.

use std::{
    error::Error as _,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use cryptocloud_postback::{
    Check, Error, ErrorKind, Format, Postback, RequestHead, SecretKey, Verifier,
    testing::{NOW, PostbackBuilder},
};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

/// What a verifier that refuses for every reason it can says about a body.
fn refused(content_type: &[u8], body: Bytes) -> Result<Error, Box<dyn std::error::Error>> {
    let verifier = Verifier::builder(SecretKey::new(SECRET)?)
        .project("shop")
        .require_live_payment(true)
        .require_order_id(true)
        .build()?;
    let head = RequestHead::from_content_type(Some(content_type));
    let outcome = verifier.verify_at(head, body, NOW);
    Ok(outcome.err().ok_or("the postback was accepted")?)
}

fn signed() -> PostbackBuilder {
    PostbackBuilder::new(SECRET).at(NOW).order_id("ORDER_93223")
}

#[test]
fn after_the_invoice_id_was_read_every_error_carries_it() -> TestResult {
    #[track_caller]
    fn check(error: &Error, kind: ErrorKind) {
        assert_eq!(error.kind(), kind);
        let id = error.claimed_invoice_id().map(|id| id.as_str());
        assert_eq!(id, Some("ILRAJE1Q"), "{error:?}");
        assert_eq!(error.project(), Some("shop"));
    }
    let in_both = |postback: PostbackBuilder, kind| -> TestResult {
        for postback in [postback.json(), postback.form()] {
            let error = refused(postback.content_type(), postback.body())?;
            assert_eq!(error.format(), Some(postback.format()));
            check(&error, kind);
        }
        Ok(())
    };
    use ErrorKind::*;
    for name in ["status", "amount_crypto", "currency", "order_id", "token"] {
        in_both(signed().duplicate(name, "\"x\""), DuplicateField)?;
    }
    in_both(signed().amount("-1"), InvalidField)?;
    in_both(signed().currency("A\nB"), InvalidField)?;
    in_both(signed().order_id(&"x".repeat(1_025)), InvalidField)?;
    in_both(signed().status(""), InvalidField)?;
    in_both(signed().remove("status"), MissingField)?;
    in_both(signed().remove("order_id"), MissingId)?;
    in_both(signed().header(r#"{"alg":"none"}"#), TokenAlgorithm)?;
    in_both(signed().claims("{}"), TokenClaims)?;
    in_both(
        signed().expires_at(NOW.saturating_add(Duration::from_secs(999))),
        TokenLifetime,
    )?;
    in_both(signed().header(r#"{"alg":"HS256","crit":[]}"#), TokenHeader)?;
    in_both(signed().token("x"), TokenMalformed)?;
    in_both(signed().remove("token"), TokenMissing)?;
    in_both(
        signed().secret("some-other-key-of-thirty-two-bytes"),
        TokenSignature,
    )?;
    in_both(signed().status("fail"), StatusRefused)?;
    let exp = NOW.as_secs() + 60;
    in_both(
        signed().claims(format!(r#"{{"id":"X","exp":{exp}}}"#)),
        InvoiceMismatch,
    )?;
    in_both(
        signed().claims(r#"{"id":"ILRAJE1Q","exp":1}"#),
        TokenExpired,
    )?;
    let early = format!(r#"{{"id":"ILRAJE1Q","exp":{exp},"nbf":{}}}"#, exp + 60);
    in_both(signed().claims(early), TokenNotYetValid)?;

    let json = b"application/json";
    let form = b"application/x-www-form-urlencoded";
    check(
        &refused(json, signed().test_mode(true).json().body())?,
        TestModeRefused,
    );
    check(&refused(form, signed().form().body())?, TestModeUnknown);
    let cut = signed().json().body();
    check(&refused(json, cut.slice(..cut.len() - 1))?, InvalidJson);
    check(
        &refused(json, "{\"invoice_id\":\"INV-ILRAJE1Q\",".into())?,
        InvalidJson,
    );
    check(
        &refused(form, "invoice_id=ILRAJE1Q&a=%FF".into())?,
        InvalidForm,
    );
    Ok(())
}

#[test]
fn an_invoice_id_that_was_not_read_is_not_claimed() -> TestResult {
    let json = b"application/json";
    for (postback, kind) in [
        (signed().remove("invoice_id"), ErrorKind::MissingId),
        (signed().field("invoice_id", "13"), ErrorKind::InvalidField),
        (
            signed().field("invoice_id", "\"A\\nB\""),
            ErrorKind::InvalidField,
        ),
        (
            signed().duplicate("invoice_id", "\"X\""),
            ErrorKind::DuplicateField,
        ),
    ] {
        let error = refused(json, postback.json().body())?;
        assert_eq!((error.kind(), error.claimed_invoice_id()), (kind, None));
    }
    let form = b"application/x-www-form-urlencoded";
    let error = refused(form, "invoice_id=A&invoice_id=B".into())?;
    assert_eq!(error.kind(), ErrorKind::DuplicateField);
    assert_eq!(error.claimed_invoice_id(), None);
    Ok(())
}

#[test]
fn a_wrong_clock_does_not_hide_the_invoice() -> TestResult {
    let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    let verifier = Verifier::builder(SecretKey::new(SECRET)?)
        .clock(move || before_1970)
        .build()?;
    let head = RequestHead::from_content_type(None);
    let error = verifier
        .verify(head, signed().form().body())
        .err()
        .ok_or("the postback was accepted")?;
    assert_eq!(error.kind(), ErrorKind::ClockBeforeEpoch);
    assert!(error.claimed_invoice_id().is_some());
    Ok(())
}

#[test]
fn what_is_refused_before_the_body_names_the_project() -> TestResult {
    let verifier = Verifier::builder(SecretKey::new(SECRET)?)
        .project("shop")
        .build()?;
    let head = || verifier.check_head("POST", []);
    let errors = [
        verifier.check_head("GET", []).err(),
        Some(head()?.refuse(ErrorKind::BodyTimeout)),
        head()?.body(Bytes::from_static(b"<xml/>")).err(),
    ];
    for error in errors {
        let error = error.ok_or("the request was accepted")?;
        assert_eq!(error.project(), Some("shop"), "{error:?}");
    }
    Ok(())
}

#[test]
fn source_names_the_field() -> TestResult {
    let negative = signed().amount("-1").json().body();
    let error = Postback::parse(None, negative)
        .err()
        .ok_or("the postback was read")?;
    assert_eq!(error.format(), Some(Format::Json));
    assert!(error.claimed_invoice_id().is_some());
    let source = error.source().map(ToString::to_string);
    assert_eq!(source.as_deref(), Some("amount_crypto is negative"));
    Ok(())
}

#[test]
fn kinds_are_in_alphabetical_order_and_their_texts_differ() {
    let names = ErrorKind::ALL.iter().map(|kind| format!("{kind:?}"));
    assert!(names.is_sorted_by(|a, b| a < b));
    let texts: Vec<_> = ErrorKind::ALL.iter().map(ToString::to_string).collect();
    for (index, text) in texts.iter().enumerate() {
        assert!(!text.ends_with('.'), "{text}");
        assert!(text.starts_with(|c: char| c.is_lowercase()), "{text}");
        assert_eq!(texts.iter().position(|other| other == text), Some(index));
    }
}

#[test]
fn checks_are_in_the_order_in_which_they_run() {
    assert!(Check::ALL.is_sorted_by(|a, b| a < b));
    for check in Check::ALL {
        assert_eq!(check.name(), format!("{check:?}").to_lowercase());
    }
}

#[test]
fn every_kind_has_a_response_that_refuses() {
    for kind in ErrorKind::ALL {
        let response = kind.response();
        assert!((400..=599).contains(&response.status()), "{kind:?}");
        assert!(response.body().starts_with(r#"{"error":""#), "{kind:?}");
        let names = response.headers().iter().map(|(name, _)| *name);
        assert!(names.clone().any(|name| name == "content-type"), "{kind:?}");
        for name in names {
            assert_eq!(name, name.to_ascii_lowercase(), "{kind:?}");
        }
        let is_of_token =
            format!("{kind:?}").starts_with("Token") || *kind == ErrorKind::InvoiceMismatch;
        assert_eq!(response.status() == 401, is_of_token, "{kind:?}");
        if is_of_token {
            assert_eq!(response, ErrorKind::TokenSignature.response());
        }
    }
}
