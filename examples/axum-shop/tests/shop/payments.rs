use cryptocloud_postback_axum::{core::UnixTime, testing::PostbackBuilder};
use futures_util::future::try_join_all;
use serde_json::Value;

use crate::{
    TestResult,
    server::{SECRET, Server, postback},
};

#[tokio::test]
async fn an_order_is_paid_once_also_after_a_restart() -> TestResult {
    let mut server = Server::start().await?;
    server.order("A", Some("INV-GENUINE1")).await?;
    let genuine = postback("GENUINE1");
    assert_eq!(server.pay(&genuine).await?, 200);
    assert_eq!(server.paid_by("A").await?, "GENUINE1");
    // The same bytes again, and the same payment with a token of its own.
    let resend = genuine
        .clone()
        .expires_at(UnixTime::from_secs(UnixTime::now()?.as_secs() + 100));
    for postback in [&genuine, &resend] {
        assert_eq!(server.pay(postback).await?, 200);
    }
    let (is_well, log) = server.stop("TERM")?;
    assert!(
        is_well && !log.contains(SECRET) && !log.contains(&genuine.signed_token()),
        "{log}"
    );
    server.resume()?;
    assert_eq!(server.pay(&genuine).await?, 200);
    server.until_paid("A", "GENUINE1").await?;
    assert_eq!(server.held().await?, []);
    Ok(())
}

#[tokio::test]
async fn a_postback_that_is_not_genuine_changes_nothing() -> TestResult {
    let server = Server::start().await?;
    server.order("A", Some("GENUINE1")).await?;
    let other_secret = postback("GENUINE1").secret("x".repeat(32));
    let other_invoice = PostbackBuilder::new(SECRET)
        .invoice_id("OTHER111")
        .signed_token();
    for postback in [
        other_secret,
        postback("GENUINE1").token(""),
        postback("GENUINE1").token(&other_invoice),
    ] {
        assert_eq!(server.pay(&postback).await?, 401);
    }
    assert_eq!(server.paid_by("A").await?, Value::Null);
    assert_eq!(server.held().await?, []);
    Ok(())
}

#[tokio::test]
async fn copies_at_once_have_one_effect() -> TestResult {
    let server = Server::start().await?;
    server.order("A", Some("GENUINE1")).await?;
    let genuine = postback("GENUINE1");
    let statuses = try_join_all((0..32).map(|_| server.pay(&genuine))).await?;
    // The payment may be unfinished while a copy of it arrives.
    assert!(
        statuses.iter().all(|status| [200, 503].contains(status)),
        "{statuses:?}"
    );
    assert!(statuses.contains(&200), "{statuses:?}");
    server.until_paid("A", "GENUINE1").await?;
    assert_eq!(server.held().await?, []);
    Ok(())
}

/// Without an invoice id the first payment gives the order its invoice.
#[tokio::test]
async fn an_order_has_one_invoice() -> TestResult {
    let server = Server::start().await?;
    server.order("A", None).await?;
    assert_eq!(server.pay(&postback("FIRST111")).await?, 200);
    assert_eq!(server.paid_by("A").await?, "FIRST111");
    assert_eq!(server.pay(&postback("SECOND11")).await?, 200);
    // A customer's own invoice, with a body that names the order of another one.
    server.order("B", Some("INVOICEB")).await?;
    assert_eq!(server.pay(&postback("THEIRS11").order_id("B")).await?, 200);
    let reason = "no order has this invoice, or has this id and no invoice".to_owned();
    let paid = "order A was paid already, by invoice FIRST111".to_owned();
    let held = [
        ("SECOND11".to_owned(), paid),
        ("THEIRS11".to_owned(), reason),
    ];
    assert_eq!(server.held().await?, held);
    server.until_paid("A", "FIRST111").await?;
    assert_eq!(server.paid_by("B").await?, Value::Null);
    Ok(())
}

/// The order itself is the last line of defense, for instance after an older inbox was restored.
#[tokio::test]
async fn a_payment_that_the_inbox_has_forgotten_is_held() -> TestResult {
    let server = Server::start().await?;
    server.order("A", Some("GENUINE1")).await?;
    assert_eq!(server.pay(&postback("GENUINE1")).await?, 200);
    server.sql("DELETE FROM cryptocloud_inbox_report").await?;
    assert_eq!(server.pay(&postback("GENUINE1")).await?, 200);
    let reason = "order A was paid already, by invoice GENUINE1".to_owned();
    assert_eq!(server.held().await?, [("GENUINE1".to_owned(), reason)]);
    server.until_paid("A", "GENUINE1").await
}
