//! One span for each postback, with the documented fields.

#[path = "shared/spans.rs"]
mod spans;

use cryptocloud_postback::{
    ErrorKind, RequestHead, SecretKey, Verifier,
    testing::{NOW, PostbackBuilder},
};

use spans::closed;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn texts() -> Vec<String> {
    closed().into_iter().map(|span| span.text).collect()
}

fn verifier() -> Result<Verifier> {
    let builder = Verifier::builder(SecretKey::new(SECRET)?);
    Ok(builder.project("shop").build()?)
}

#[test]
fn it_ends_with_what_is_done_with_the_postback() -> Result {
    spans::start();
    let verifier = verifier()?;
    let signed = PostbackBuilder::new(SECRET)
        .at(NOW)
        .invoice_id("A\"\u{202e}B");
    let signed = signed.json();
    let head = verifier.check_head("POST", [])?;
    let verified = verifier.verify_at(head, signed.body(), NOW)?;
    let clone = verified.clone();
    clone
        .span()
        .in_scope(|| tracing::info_span!("mail").in_scope(|| ()));
    let inside = closed();
    assert_eq!(inside[0].parent, Some("postback"));
    drop(verified);
    assert!(closed().is_empty());
    drop(clone);
    assert_eq!(
        texts(),
        [r#"postback project="shop" invoice_id="A\"\u{202e}B""#]
    );
    Ok(())
}

#[test]
fn each_refused_postback_has_one() -> Result {
    spans::start();
    let verifier = verifier()?;
    let forged = PostbackBuilder::new("some-other-key-of-thirty-two-bytes").at(NOW);
    let head = || verifier.check_head("POST", []);

    assert!(
        verifier
            .verify_at(head()?, forged.json().body(), NOW)
            .is_err()
    );
    assert_eq!(
        texts(),
        [r#"postback project="shop" invoice_id="ILRAJE1Q" kind=TokenSignature"#]
    );
    assert!(verifier.check_head("PUT", []).is_err());
    assert_eq!(
        texts(),
        [r#"postback project="shop" kind=MethodNotAllowed"#]
    );
    let _ = head()?.refuse(ErrorKind::BodyTimeout);
    assert_eq!(texts(), [r#"postback project="shop" kind=BodyTimeout"#]);
    // The project becomes known with the body.
    let body = RequestHead::check("POST", [])?.body(forged.json().body())?;
    assert!(body.verify(&verifier).is_err());
    assert_eq!(
        texts(),
        [r#"postback project="shop" invoice_id="ILRAJE1Q" kind=TokenSignature"#]
    );
    Ok(())
}

#[test]
fn its_fields_are_the_documented_ones() -> Result {
    spans::start();
    assert!(verifier()?.check_head("PUT", []).is_err());
    let closed = closed();
    let docs = include_str!("../src/lib.rs");
    let rows = docs
        .split("| field of the span |")
        .nth(1)
        .ok_or("the table")?;
    let rows = rows
        .lines()
        .skip(2)
        .map_while(|line| line.strip_prefix("//! | `"));
    let fields: Vec<_> = rows.filter_map(|row| row.split('`').next()).collect();
    assert_eq!(fields, closed[0].fields);
    Ok(())
}
