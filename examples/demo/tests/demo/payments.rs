use std::sync::Arc;

use futures_util::future::try_join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Server, TestResult, check};

#[tokio::test]
async fn a_payment_pays_once_however_often_it_comes() -> TestResult {
    let server = Server::start().await?;
    let invoice = server.order("A").await?;
    server.press("A", "payment").await?;
    let paid = server.newest().await?;
    check(&paid, "paid", 200, Value::Null, Value::Null);
    assert_eq!(paid["cause"], "payment");
    assert_eq!(paid["response"][1], r#"{"message":"Postback received"}"#);
    assert_eq!(server.paid_by("A").await?, invoice);
    for button in ["resend", "copies", "payment"] {
        server.press("A", button).await?;
        let reason = "payment was handled before";
        check(
            &server.newest().await?,
            "known",
            200,
            reason.into(),
            "once".into(),
        );
    }
    assert_eq!(server.entries().await?.len(), 5);
    Ok(())
}

#[tokio::test]
async fn many_presses_at_once_pay_once() -> TestResult {
    let server = Server::start().await?;
    server.order("A").await?;
    let presses = (0..20).map(|n| server.press("A", ["payment", "copies"][n % 2]));
    try_join_all(presses).await?;
    let entries = server.entries().await?;
    let count = |outcome| {
        entries
            .iter()
            .filter(|one| one["outcome"] == outcome)
            .count()
    };
    assert_eq!(count("paid"), 1, "{entries:?}");
    assert_eq!(count("known") + count("running"), 29, "{entries:?}");
    assert_eq!(server.get("/held").await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn a_payment_without_a_postback_is_found() -> TestResult {
    let server = Server::start_in(Arc::new(TempDir::with_prefix("demo-")?), 1).await?;
    let invoice = server.order("A").await?;
    server.press("A", "silent").await?;
    let found = server.until("reconciliation", "paid").await?;
    assert_eq!(
        [&found["invoice_id"], &found["response"]],
        [&invoice, &Value::Null]
    );
    assert_eq!(server.paid_by("A").await?, invoice);
    Ok(())
}

#[tokio::test]
async fn a_handler_that_fails_twice_pays_at_the_third_attempt() -> TestResult {
    let server = Server::start().await?;
    let invoice = server.order("A").await?;
    server.press("A", "failing").await?;
    let first = server.until("failing", "failed").await?;
    assert_eq!(
        [&first["attempts"], &first["response"][0]],
        [&json!(1), &json!(503)]
    );
    assert!(first["due_at"].is_number(), "{first}");
    let reason = "database failed: refused twice, as the button says";
    assert_eq!(first["reason"], reason);
    let second = server.until("worker", "failed").await?;
    assert_eq!(second["attempts"], 2);
    assert_eq!(server.paid_by("A").await?, Value::Null);
    let third = server.until("worker", "paid").await?;
    assert_eq!(third["attempts"], 3);
    assert_eq!(server.paid_by("A").await?, invoice);
    Ok(())
}

#[tokio::test]
async fn while_the_api_is_down_payments_are_stored() -> TestResult {
    let server = Server::start().await?;
    let invoice = server.order("A").await?;
    server.outage(true).await?;
    assert_eq!(server.get("/page.json").await?["is_down"], true);
    server.press("A", "payment").await?;
    let waiting = server.newest().await?;
    let reason = "vendor could not be asked: API failed (status 503)";
    check(&waiting, "waiting", 503, reason.into(), "order".into());
    // An order is stored too, and gets its invoice by the same request later.
    let order = json!({"id": "B", "amount": "12.5", "currency": "USD"});
    assert_eq!(server.post("/orders", &order).await?.0, 502);
    assert_eq!(server.get("/orders/B").await?["invoice_id"], Value::Null);

    server.outage(false).await?;
    server.until("worker", "paid").await?;
    assert_eq!(server.paid_by("A").await?, invoice);
    assert_eq!(server.post("/orders", &order).await?.0, 200);
    server.press("B", "payment").await?;
    assert_eq!(
        server.paid_by("B").await?,
        server.get("/orders/B").await?["invoice_id"]
    );
    Ok(())
}

/// The vendor of a new process knows the invoices of the old one.
#[tokio::test]
async fn orders_payments_and_invoices_outlive_a_restart() -> TestResult {
    let server = Server::start().await?;
    for id in ["A", "B"] {
        server.order(id).await?;
    }
    server.press("A", "payment").await?;
    server.press("B", "forged_amount").await?;
    let before = (server.get("/orders").await?, server.get("/held").await?);
    let open = server.order("C").await?;
    let folder = Arc::clone(&server.folder);
    drop(server);
    let server = Server::start_in(folder, 3600).await?;
    let orders = server.get("/orders").await?;
    let orders = orders
        .as_array()
        .ok_or("no list")?
        .get(1..)
        .unwrap_or_default();
    assert_eq!((json!(orders), server.get("/held").await?), before);
    assert_eq!(server.entries().await?, Vec::<Value>::new());
    server.press("A", "payment").await?;
    assert_eq!(server.newest().await?["outcome"], "known");
    server.press("C", "payment").await?;
    assert_eq!(server.paid_by("C").await?, open);
    Ok(())
}

/// What was paid in part is still held, and what was paid without a postback is found.
#[tokio::test]
async fn the_vendor_states_the_same_after_a_restart() -> TestResult {
    let server = Server::start_in(Arc::new(TempDir::with_prefix("demo-")?), 1).await?;
    let part = server.order("A").await?;
    server.press("A", "forged_amount").await?;
    let page = server.order("D").await?;
    let path = format!("/vendor/pay/{}", page.as_str().ok_or("no invoice")?);
    let (status, _) = server.post(&path, &json!({"status": "partial"})).await?;
    assert_eq!(status, StatusCode::OK);
    let whole = server.order("B").await?;
    server.outage(true).await?;
    server.press("B", "silent").await?;
    let folder = Arc::clone(&server.folder);
    drop(server);

    let server = Server::start_in(folder, 1).await?;
    let open = server.order("C").await?;
    server.until("reconciliation", "paid").await?;
    assert_eq!(server.paid_by("B").await?, whole);
    for (invoice, status) in [
        (part, "partial"),
        (whole, "paid"),
        (page, "partial"),
        (open, "created"),
    ] {
        let path = format!("/vendor/pay/{}", invoice.as_str().ok_or("no invoice")?);
        let page = server.request(Method::GET, &path).send().await?;
        let text = format!("\"status\": \"{status}\"");
        let page = page.text().await?;
        assert!(page.contains(&text), "{text}: {page}");
    }
    assert_eq!(server.paid_by("A").await?, Value::Null);
    assert_eq!(server.get("/held").await?.as_array().map(Vec::len), Some(1));
    Ok(())
}

#[tokio::test]
async fn hostile_orders_are_paid_like_others() -> TestResult {
    let server = Server::start().await?;
    let ids = [
        "<img src=x onerror=alert(1)>",
        "';DROP TABLE orders--",
        r#"","token":""#,
        "a&b=c%20d+e",
        "заказ \u{202e}",
        &"x".repeat(128),
    ];
    for id in ids {
        server.order(id).await?;
        server.press(id, "payment").await?;
        let newest = server.newest().await?;
        assert_eq!([&newest["outcome"], &newest["order_id"]], ["paid", id]);
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() -> TestResult {
    let server = Server::start().await?;
    server.order("A").await?;
    for (body, status) in [
        (json!({"button": "theft", "order_id": "A"}), 422),
        (json!({"button": "payment"}), 422),
        (json!({"button": "payment", "order_id": "B"}), 404),
    ] {
        assert_eq!(server.post("/press", &body).await?.0, status, "{body}");
    }
    assert_eq!(server.entries().await?, Vec::<Value>::new());
    Ok(())
}
