//! What a body reports refuses a postback only if it cannot be read safely.

use cryptocloud_postback::{
    ErrorKind, RequestHead, SecretKey, Verified, Verifier,
    testing::{NOW, PostbackBuilder, SignedPostback},
};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

fn verifier() -> Result<Verifier, Box<dyn std::error::Error>> {
    Ok(Verifier::new(SecretKey::new(SECRET)?)?)
}

fn verify(verifier: &Verifier, postback: &SignedPostback) -> Result<Verified, ErrorKind> {
    let head = RequestHead::from_content_type(Some(postback.content_type()));
    verifier
        .verify_at(head, postback.body(), NOW)
        .map_err(|error| error.kind())
}

#[test]
fn order_id() -> TestResult {
    let verifier = verifier()?;
    let check = |json: &str, expected: Result<Option<&str>, ErrorKind>| {
        let postback = PostbackBuilder::new(SECRET)
            .at(NOW)
            .field("order_id", json)
            .json();
        let verified = verify(&verifier, &postback);
        let actual = verified
            .as_ref()
            .map(|verified| verified.reported().order_id.as_deref())
            .map_err(|kind| *kind);
        assert_eq!(actual, expected, "{json}");
    };
    for missing in ["null", "\"\""] {
        check(missing, Ok(None));
    }
    for number in ["93223", "0", "-1", "1.50", "1e3", "12345678901234567890123"] {
        check(number, Ok(Some(number)));
    }
    check("\"93223\"", Ok(Some("93223")));
    check("\"A\\u202eB\"", Ok(Some("A\u{202e}B")));
    let longest = "Ж".repeat(512);
    check(&format!("\"{longest}\""), Ok(Some(&longest)));
    for invalid in ["true", "false", "[]", "{}", "\"A\\nB\"", "\"A\\u0000\""] {
        check(invalid, Err(ErrorKind::InvalidField));
    }
    for too_long in [format!("\"{longest}x\""), "1".repeat(1_025)] {
        check(&too_long, Err(ErrorKind::InvalidField));
    }
    Ok(())
}

#[test]
fn amount_and_currency() -> TestResult {
    let verifier = verifier()?;
    let signed = PostbackBuilder::new(SECRET).at(NOW);
    for name in ["amount_crypto", "currency"] {
        let without = [
            signed.clone().field(name, "null").json(),
            signed.clone().field(name, "\"\"").json(),
            signed.clone().field(name, "\"\"").form(),
            signed.clone().remove(name).json(),
            signed.clone().remove(name).form(),
        ];
        for postback in without {
            let verified = verify(&verifier, &postback).map_err(|kind| kind.to_string())?;
            let reported = verified.reported();
            assert_eq!(reported.amount_crypto.is_none(), name == "amount_crypto");
            assert_eq!(reported.currency.is_none(), name == "currency");
        }
        for malformed in ["true", "[]", "{}", "\" \"", "\"-1\"", "\"A\\nB\""] {
            let postback = signed.clone().field(name, malformed).json();
            let is_code = name == "currency" && matches!(malformed, "\" \"" | "\"-1\"");
            let expected = (!is_code).then_some(ErrorKind::InvalidField);
            assert_eq!(verify(&verifier, &postback).err(), expected, "{malformed}");
        }
    }
    let number = signed.field("currency", "1").json();
    assert_eq!(
        verify(&verifier, &number).err(),
        Some(ErrorKind::InvalidField)
    );
    Ok(())
}

#[test]
fn uuid_is_compared_but_never_refuses() -> TestResult {
    let verifier = verifier()?;
    let check = |postback: SignedPostback, differs: bool| -> TestResult {
        let verified = verify(&verifier, &postback).map_err(|kind| kind.to_string())?;
        assert_eq!(verified.invoice_id().as_str(), "ILRAJE1Q");
        assert_eq!(verified.reported().uuid_differs(), differs);
        Ok(())
    };
    let signed = PostbackBuilder::new(SECRET).at(NOW);
    check(signed.json(), false)?;
    check(signed.form(), false)?;
    for same in ["null", "\"ILRAJE1Q\"", "\"INV-ILRAJE1Q\""] {
        check(signed.clone().info_field("uuid", same).json(), false)?;
    }
    for other in ["\"INV-89UX09KA\"", "\"TRY-ILRAJE1Q\"", "\"\"", "1", "{}"] {
        check(signed.clone().info_field("uuid", other).json(), true)?;
    }
    for info in ["null", "[]", "\"x\"", "{}"] {
        check(signed.clone().field("invoice_info", info).json(), false)?;
    }
    for same in [
        r#"{ "uuid" : "ILRAJE1Q" }"#,
        r#"{"address":"x","uuid":"INV-ILRAJE1Q"}"#,
        r#"{"uuid":"\u0049NV-ILRAJE1Q"}"#,
        r#"{"uuid":"INV-ILRAJE1Q","a":"uuid"}"#,
    ] {
        check(signed.clone().field("invoice_info", same).json(), false)?;
    }
    for differs in [
        r#"{"uuid":"INV-ILRAJE1Q","address":"a","uuid":"INV-ILRAJE1Q"}"#,
        r#"{"uuid":"INV-ILRAJE1Q","\u0075uid":"INV-89UX09KA"}"#,
        r#"{"address":"x","uuid":"INV-89UX09KA"}"#,
        r#"{"address":"x","uuid":[]}"#,
    ] {
        check(signed.clone().field("invoice_info", differs).json(), true)?;
    }
    Ok(())
}

#[test]
fn a_live_payment_can_be_required() -> TestResult {
    let lax = verifier()?;
    let strict = Verifier::builder(SecretKey::new(SECRET)?)
        .require_live_payment(true)
        .build()?;
    let check = |postback: SignedPostback, refused: Option<ErrorKind>| {
        assert_eq!(verify(&lax, &postback).err(), None);
        assert_eq!(verify(&strict, &postback).err(), refused);
    };
    let live = PostbackBuilder::new(SECRET).at(NOW);
    check(live.json(), None);
    let test = live.clone().test_mode(true);
    check(test.json(), Some(ErrorKind::TestModeRefused));

    let unknown = Some(ErrorKind::TestModeUnknown);
    check(live.form(), unknown);
    check(test.form(), unknown);
    for odd in ["null", "0", "1", "\"false\"", "\"true\"", "{}"] {
        check(live.clone().info_field("test_mode", odd).json(), unknown);
    }
    for info in ["null", "\"false\"", "[false]", "[]", "{}", "false"] {
        check(live.clone().field("invoice_info", info).json(), unknown);
    }
    check(live.clone().remove("invoice_info").json(), unknown);
    // Outside of `invoice_info` the name means nothing.
    let elsewhere = live
        .clone()
        .remove("invoice_info")
        .field("test_mode", "false");
    check(elsewhere.json(), unknown);
    for twice in [
        r#"{"test_mode":false,"test_mode":true}"#,
        r#"{"test_mode":false,"\u0074est_mode":false}"#,
    ] {
        check(live.clone().field("invoice_info", twice).json(), unknown);
    }
    Ok(())
}
