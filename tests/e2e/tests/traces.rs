//! One event for each postback, on one line, without secret, token or body.

use std::time::{Duration, SystemTime};

use cryptocloud_postback::{
    SecretKey, Verifier,
    testing::{NOW, PostbackBuilder},
};

use crate::{
    log,
    receivers::{Request, send},
};

const SECRET: &str = "not-a-real-key-only-for-these-tests";

#[actix_web::test]
async fn one_line_for_each_postback() {
    log::start();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.as_secs());
    let verifier = Verifier::builder(SecretKey::new(SECRET).expect("a key"))
        .clock(move || now)
        .project("shop")
        .build()
        .expect("a verifier");

    let check = async |signed: &PostbackBuilder, method: &str, expected: &str| {
        let body = signed.json().body();
        let mut request = Request::post(None, body.clone());
        method.clone_into(&mut request.method);
        let _ = send(&verifier, &request).await;
        // One for each way in, and they are the same.
        assert_eq!(log::lines(), [expected; 3]);
        let body = String::from_utf8_lossy(&body).into_owned();
        for part in signed
            .signed_token()
            .split('.')
            .chain([SECRET, body.as_str()])
        {
            assert!(!expected.contains(part));
        }
    };
    check(
        &PostbackBuilder::new(SECRET).at(NOW),
        "POST",
        r#" INFO postback: cryptocloud_postback: postback accepted outcome="accepted" format=json project="shop" invoice_id="ILRAJE1Q""#,
    )
    .await;
    check(
        &PostbackBuilder::new("some-other-key-of-thirty-two-bytes").at(NOW),
        "POST",
        r#" WARN postback: cryptocloud_postback: postback refused: token's signature does not match the secret outcome="refused" kind=TokenSignature format=json project="shop" invoice_id="ILRAJE1Q""#,
    )
    .await;
    check(
        &PostbackBuilder::new(SECRET).at(NOW).amount("-1"),
        "POST",
        r#" WARN postback: cryptocloud_postback: postback refused: a field is invalid outcome="refused" kind=InvalidField cause=amount_crypto is negative format=json project="shop" invoice_id="ILRAJE1Q""#,
    )
    .await;
    check(
        &PostbackBuilder::new(SECRET).at(NOW),
        "PUT",
        r#" WARN postback: cryptocloud_postback: postback refused: request is not a POST outcome="refused" kind=MethodNotAllowed project="shop""#,
    )
    .await;
    // Not control characters, but they could forge a line or hide one.
    check(
        &PostbackBuilder::new(SECRET).at(NOW)
            .invoice_id("A\"\u{2028}\u{202e}B")
            .status("fail"),
        "POST",
        r#" WARN postback: cryptocloud_postback: postback refused: status is not success outcome="refused" kind=StatusRefused format=json project="shop" invoice_id="A\"\u{2028}\u{202e}B""#,
    )
    .await;
}
