use serde_json::json;

use crate::{TestResult, server::Server};

#[tokio::test]
async fn created_found_and_listed() -> TestResult {
    let server = Server::start().await?;
    server.order("A", Some("INV-INVOICEA")).await?;
    server.order("B", None).await?;
    let order = server.get("/orders/A").await?;
    assert_eq!(order["invoice_id"], "INVOICEA");
    assert_eq!(
        (&order["amount"], &order["currency"]),
        (&json!("12.5"), &json!("USDT_TRC20"))
    );
    assert_eq!(
        order["created_at"].as_str().map(str::len),
        Some(20),
        "{order}"
    );
    let list = server.get("/orders").await?;
    // The newest first
    assert_eq!((&list[0]["id"], &list[1]), (&json!("B"), &order));
    let (status, _) = server.send(reqwest::Method::GET, "/orders/C", None).await?;
    assert_eq!(status, 404);
    Ok(())
}

#[tokio::test]
async fn an_order_that_cannot_be_paid_is_refused() -> TestResult {
    let server = Server::start().await?;
    server.order("A", Some("INVOICEA")).await?;
    for (body, expected) in [
        (json!({"id": "A", "amount": "1", "currency": "BTC"}), 409),
        (
            json!({"id": "B", "invoice_id": "INV-INVOICEA", "amount": "1", "currency": "BTC"}),
            409,
        ),
        (json!({"id": "B", "amount": "0", "currency": "BTC"}), 422),
        (json!({"id": "B", "amount": "-1", "currency": "BTC"}), 422),
        (json!({"id": "B", "amount": "12,5", "currency": "BTC"}), 422),
        (json!({"id": "B", "amount": 12.5, "currency": "BTC"}), 422),
        (json!({"id": "B", "amount": "1", "currency": "EURO"}), 422),
        (
            json!({"id": "x".repeat(129), "amount": "1", "currency": "BTC"}),
            422,
        ),
        (
            json!({"id": "B", "invoice_id": "", "amount": "1", "currency": "BTC"}),
            422,
        ),
        (json!({"amount": "1", "currency": "BTC"}), 422),
    ] {
        let (status, text) = server.post("/orders", body.clone()).await?;
        assert_eq!(status, expected, "{body}: {text}");
    }
    assert_eq!(
        server.get("/orders").await?.as_array().map(Vec::len),
        Some(1)
    );
    Ok(())
}
