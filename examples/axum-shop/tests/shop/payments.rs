use std::time::Duration;

use cryptocloud_postback::testing::{NOW, PostbackBuilder};
use serde_json::{Value, json};

use crate::{ORDER, Server, TestResult, create, get, pay, postback, send};

/// The same payment with a token of its own.
fn resend(seconds: u64) -> PostbackBuilder {
    postback().expires_at(NOW.saturating_add(Duration::from_secs(seconds)))
}

#[tokio::test]
async fn paid_once_and_still_after_a_restart() -> TestResult {
    let server = Server::start("once").await?;
    create(&server.shop, ORDER).await?;
    let received = json!({"message": "Postback received"});
    for postback in [postback(), postback(), resend(100)] {
        let answer = pay(&server.shop, &postback).await?;
        assert_eq!((answer.status, &answer.body), (200, &received));
    }
    let shop = server.open_again().await?;
    let form = postback().form().body();
    let form = ("application/x-www-form-urlencoded", str::from_utf8(&form)?);
    assert_eq!(send(&shop, "POST", "/postback", form).await?.status, 200);
    assert_eq!(get(&shop, "/orders/A").await?.body["paid_by"], "ILRAJE1Q");
    assert_eq!(get(&shop, "/unsettled").await?.body, json!([]));
    Ok(())
}

#[tokio::test]
async fn forged_ones_change_nothing() -> TestResult {
    let server = Server::start("forged").await?;
    create(&server.shop, ORDER).await?;
    for token in ["", &PostbackBuilder::new("x".repeat(32)).signed_token()] {
        assert_eq!(
            pay(&server.shop, &postback().token(token)).await?.status,
            401
        );
    }
    assert_eq!(get(&server.shop, "/postback").await?.status, 405);
    assert_eq!(
        get(&server.shop, "/orders/A").await?.body["paid_by"],
        Value::Null
    );
    assert_eq!(get(&server.shop, "/unsettled").await?.body, json!([]));
    Ok(())
}

#[tokio::test]
async fn a_conflict_is_kept_and_the_first_report_stays() -> TestResult {
    let server = Server::start("conflict").await?;
    create(&server.shop, ORDER).await?;
    assert_eq!(pay(&server.shop, &postback()).await?.status, 200);
    let shop = server.open_again().await?;
    for _ in 0..2 {
        let answer = pay(&shop, &postback().amount("9000")).await?;
        let text = json!({"error": "Conflicting postback"});
        assert_eq!((answer.status, answer.body), (409, text));
    }
    let shop = server.open_again().await?;
    let kept = shop.inbox().conflicts(None, 10).await?;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].report.amount_crypto().to_string(), "9000");
    assert_eq!(pay(&shop, &postback()).await?.status, 200);
    assert_eq!(get(&shop, "/orders/A").await?.body["paid_by"], "ILRAJE1Q");
    Ok(())
}
