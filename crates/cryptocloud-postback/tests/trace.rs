//! The one event of each postback, as an operator reads it.
#![cfg(feature = "tracing")]

use std::time::{Duration, SystemTime};

use cryptocloud_postback::{
    ErrorKind, RequestHead, SecretKey, Verifier,
    testing::{NOW, PostbackBuilder},
};

#[path = "shared/log.rs"]
mod log;

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

#[test]
fn one_line_for_each_postback() -> TestResult {
    log::start();
    let verifier_at = |now: SystemTime| -> Result<Verifier, Box<dyn std::error::Error>> {
        Ok(Verifier::builder(SecretKey::new(SECRET)?)
            .clock(move || now)
            .project("shop")
            .build()?)
    };
    let now = SystemTime::from(NOW);
    let check = |now: SystemTime, signed: PostbackBuilder, expected: &str| -> TestResult {
        let postback = signed.json();
        let head = RequestHead::from_content_type(Some(postback.content_type()));
        let _ = verifier_at(now)?.verify(head, postback.body());
        assert_eq!(log::lines(), [expected]);
        Ok(())
    };
    let signed = PostbackBuilder::new(SECRET).at(NOW);
    check(
        now,
        signed.clone(),
        r#" INFO postback: cryptocloud_postback: postback accepted outcome="accepted" format=json project="shop" invoice_id="ILRAJE1Q""#,
    )?;
    check(
        now,
        signed.clone().info_field("uuid", r#""INV-89UX09KA""#),
        r#" WARN postback: cryptocloud_postback: postback accepted, but its invoice_info.uuid names another invoice outcome="accepted" format=json project="shop" invoice_id="ILRAJE1Q""#,
    )?;
    check(
        now,
        signed.clone().amount("-1"),
        r#" WARN postback: cryptocloud_postback: postback refused: a field is invalid outcome="refused" kind=InvalidField cause=amount_crypto is negative format=json project="shop" invoice_id="ILRAJE1Q""#,
    )?;
    check(
        now,
        signed.clone().duplicate("status", "1"),
        r#" WARN postback: cryptocloud_postback: postback refused: a field appears twice outcome="refused" kind=DuplicateField cause=status appears twice format=json project="shop" invoice_id="ILRAJE1Q""#,
    )?;
    // None of these is a control character, so the id is kept; a line shows it escaped.
    check(
        now,
        signed
            .clone()
            .invoice_id("A\"\u{202e}\u{2066}\u{2028}\u{2029}B"),
        r#" INFO postback: cryptocloud_postback: postback accepted outcome="accepted" format=json project="shop" invoice_id="A\"\u{202e}\u{2066}\u{2028}\u{2029}B""#,
    )?;
    check(
        SystemTime::UNIX_EPOCH - Duration::from_secs(1),
        signed,
        r#"ERROR postback: cryptocloud_postback: postback refused: this machine's clock is set before 1970: correct it outcome="refused" kind=ClockBeforeEpoch format=json project="shop" invoice_id="ILRAJE1Q""#,
    )?;

    // Nor is the project missing if the body is not even read.
    let head = RequestHead::from_content_type(None);
    let _ = verifier_at(now)?.verify(head, vec![b' '; 65_537].into());
    let expected = r#" WARN postback: cryptocloud_postback: postback refused: body is too large outcome="refused" kind=BodyTooLarge project="shop""#;
    assert_eq!(log::lines(), [expected]);

    // The adapter's own refusals, one line each; those that no sender caused are errors.
    for kind in ErrorKind::ALL {
        let error = RequestHead::from_content_type(None).refuse(*kind);
        assert_eq!(error.kind(), *kind);
        let level = match kind {
            ErrorKind::ClockBeforeEpoch
            | ErrorKind::VerifierAmbiguous
            | ErrorKind::VerifierMissing => "ERROR",
            _ => " WARN",
        };
        let expected = format!(
            r#"{level} postback: cryptocloud_postback: postback refused: {kind} outcome="refused" kind={kind:?}"#
        );
        assert_eq!(log::lines(), [expected]);
    }
    let _ = RequestHead::check("GET", []);
    assert_eq!(log::lines().len(), 1);
    Ok(())
}
