use cryptocloud_postback_axum::testing::PostbackBuilder;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::{
    TestResult,
    server::{Server, postback},
};

const NO_ORDER: &str = "no order has this invoice, or has this id and no invoice";
const TOO_LOW: &str = "postback does not match the order: amount too low";

/// What matches no order, with the reason why it is held.
fn cases() -> [(PostbackBuilder, &'static str); 5] {
    let base = postback("INVOICE1");
    [
        (base.clone().paid("12.4"), TOO_LOW),
        (
            base.clone().currency("BTC"),
            "postback does not match the order: currency differs",
        ),
        (
            base.clone().field("order_id", "null"),
            "postback does not match the order: order is not reported",
        ),
        (
            base.clone().order_id("B"),
            "postback does not match the order: order differs",
        ),
        (base.invoice_id("UNKNOWN1").order_id("B"), NO_ORDER),
    ]
}

#[tokio::test]
async fn what_matches_no_order_is_held_until_it_is_accepted() -> TestResult {
    for (postback, reason) in cases() {
        let server = Server::start().await?;
        server.order("A", Some("INVOICE1")).await?;
        for _ in 0..2 {
            assert_eq!(server.pay(&postback).await?, 200, "{reason}");
        }
        let held = server.get("/held").await?[0].clone();
        assert_eq!(
            (&held["state"], &held["reason"]),
            (&json!("held"), &json!(reason))
        );
        assert_eq!(server.paid_by("A").await?, Value::Null, "{reason}");

        let path = format!("/held/{}/accept", held["id"]);
        // Less than the price pays nothing, and no other order than an open one can be named.
        let refused = json!({"amount": "12.5", "order_id": "C"});
        assert_eq!(server.post(&path, refused).await?.0, 409, "{reason}");
        let accept = json!({"amount": "12.5", "order_id": "A"});
        assert_eq!(server.post(&path, accept.clone()).await?.0, 200, "{reason}");
        server
            .until_paid("A", held["invoice_id"].as_str().ok_or("no invoice")?)
            .await?;
        assert_eq!(server.held().await?, [], "{reason}");
        assert_eq!(server.post(&path, accept).await?.0, 409, "{reason}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_dismissed_is_settled() -> TestResult {
    let mut server = Server::start().await?;
    for (postback, reason) in cases() {
        assert_eq!(server.pay(&postback).await?, 200, "{reason}");
    }
    // The first four have one invoice, and there is no order.
    server.kill()?;
    server.resume()?;
    let held = server.get("/held").await?;
    let held = held.as_array().ok_or("no list")?;
    assert_eq!(held.len(), cases().len(), "{held:?}");
    for one in held {
        let path = format!("/held/{}/dismiss", one["id"]);
        assert_eq!(
            server.post(&path, json!({"note": "refunded"})).await?.0,
            200
        );
        assert_eq!(server.post(&path, json!({"note": "again"})).await?.0, 409);
    }
    server.order("A", Some("INVOICE1")).await?;
    for (postback, reason) in cases() {
        assert_eq!(server.pay(&postback).await?, 200, "{reason}");
    }
    assert_eq!(server.held().await?, []);
    assert_eq!(server.paid_by("A").await?, Value::Null);
    let notes = "SELECT count(*) FROM cryptocloud_inbox_decision WHERE note = 'refunded'";
    assert_eq!(server.count(notes).await?, 5);
    assert_eq!(
        server
            .post("/held/99/dismiss", json!({"note": ""}))
            .await?
            .0,
        404
    );
    Ok(())
}

/// The order is created only after its payment has arrived.
#[tokio::test]
async fn a_held_payment_can_be_retried() -> TestResult {
    let server = Server::start().await?;
    assert_eq!(server.pay(&postback("INVOICE1")).await?, 200);
    server.order("A", Some("INVOICE1")).await?;
    let path = format!("/held/{}/retry", server.get("/held").await?[0]["id"]);
    assert_eq!(server.post(&path, Value::Null).await?.0, 200);
    server.until_paid("A", "INVOICE1").await
}

#[tokio::test]
async fn a_genuine_payment_is_paid_after_a_forged_report_was_held() -> TestResult {
    let server = Server::start().await?;
    server.order("A", Some("INVOICE1")).await?;
    assert_eq!(server.pay(&postback("INVOICE1").amount("0.01")).await?, 200);
    assert_eq!(server.pay(&postback("INVOICE1")).await?, 200);
    server.until_paid("A", "INVOICE1").await?;
    assert_eq!(
        server.held().await?,
        [("INVOICE1".to_owned(), TOO_LOW.to_owned())]
    );
    // Nor can it be accepted beside the genuine one.
    let path = format!("/held/{}/accept", server.get("/held").await?[0]["id"]);
    assert_eq!(server.post(&path, json!({"amount": "12.5"})).await?.0, 409);
    // A report that comes after the payment is a conflict.
    assert_eq!(server.pay(&postback("INVOICE1").amount("0.02")).await?, 409);
    let conflict = "invoice was reported with other fields before";
    assert_eq!(server.held().await?[1].1, conflict);
    server.until_paid("A", "INVOICE1").await
}

/// The forged report runs, because its handler cannot find the orders and is tried again.
#[tokio::test]
async fn a_genuine_payment_is_paid_while_a_forged_report_is_retried() -> TestResult {
    let server = Server::start().await?;
    server.order("A", Some("INVOICE1")).await?;
    server.sql("ALTER TABLE orders RENAME TO away").await?;
    assert_eq!(server.pay(&postback("INVOICE1").amount("0.01")).await?, 503);
    assert_eq!(server.pay(&postback("INVOICE1")).await?, 409);
    server.sql("ALTER TABLE away RENAME TO orders").await?;
    server.until_paid("A", "INVOICE1").await?;
    assert_eq!(
        server.held().await?,
        [("INVOICE1".to_owned(), TOO_LOW.to_owned())]
    );
    Ok(())
}

#[tokio::test]
async fn a_genuine_payment_is_paid_while_forged_reports_run() -> TestResult {
    let server = Server::start().await?;
    server.order("A", Some("INVOICE1")).await?;
    let forged = (1..=8).map(|n| postback("INVOICE1").amount(&format!("0.{n}")));
    let all: Vec<_> = forged.chain([postback("INVOICE1")]).collect();
    try_join_all(all.iter().map(|postback| server.pay(postback))).await?;
    server.until_paid("A", "INVOICE1").await?;
    // Until the worker has looked at each of them, some are conflicts.
    let held = server.held().await?;
    assert_eq!(held.len(), 8, "{held:?}");
    Ok(())
}
