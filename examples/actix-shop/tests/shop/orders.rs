use serde_json::json;

use crate::{TestResult, process::Database};

#[tokio::test]
async fn created_and_found() -> TestResult {
    let Some(database) = Database::create("created").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    let api = &shop.api;
    let order = json!({
        "id": "A", "invoice_id": "INV-ILRAJE1Q", "amount": "1e1", "currency": "USDT_TRC20",
    });
    let (status, created) = api.post("/orders", &order).await?;
    assert_eq!(status, 201);
    let expected = json!({
        "id": "A", "invoice_id": "ILRAJE1Q", "link": null, "amount": "10", "currency": "USDT_TRC20",
        "created_at": created["created_at"], "paid_by": null, "paid_at": null,
    });
    assert_eq!(created, expected);
    assert_eq!(api.get("/orders/A").await?, (200, expected.clone()));
    let exists = json!("another order has this id or invoice");
    assert_eq!(api.post("/orders", &order).await?, (200, expected));
    let mut other = order.clone();
    other["amount"] = json!("11");
    assert_eq!(api.post("/orders", &other).await?, (409, exists));
    assert_eq!(api.get("/orders").await?, (200, json!([created])));
    let missing = json!("no such order");
    for path in ["/orders/B", "/orders/%00", "/orders/a"] {
        assert_eq!(api.get(path).await?, (404, missing.clone()), "{path}");
    }
    for (id, path) in [
        ("';DROP TABLE orders--", "%27%3BDROP%20TABLE%20orders--"),
        ("a/b?c#d%25", "a%2Fb%3Fc%23d%2525"),
        ("заказ", "%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7"),
    ] {
        let order = json!({"id": id, "amount": "1", "currency": "BTC"});
        assert_eq!(api.post("/orders", &order).await?.0, 201, "{id}");
        assert_eq!(api.get(&format!("/orders/{path}")).await?.1["id"], id);
    }
    Ok(())
}

#[tokio::test]
async fn orders_that_no_payment_could_match_are_refused() -> TestResult {
    let Some(database) = Database::create("refused").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    let api = &shop.api;
    let long = "a".repeat(129);
    for (field, value, status) in [
        ("id", json!("a\0b"), 422),
        ("id", json!(long), 422),
        ("id", json!(1), 400),
        ("invoice_id", json!(""), 400),
        ("amount", json!("0"), 422),
        ("amount", json!("-1"), 400),
        ("amount", json!("NaN"), 400),
        ("amount", json!(12.5), 400),
        ("currency", json!("EURO"), 422),
    ] {
        let mut order = json!({"id": "A", "amount": "1", "currency": "BTC"});
        order[field] = value.clone();
        let response = api.post("/orders", &order).await?;
        assert_eq!(response.0, status, "{field} {value}: {}", response.1);
    }
    assert_eq!(database.count("orders").await?, 0);
    Ok(())
}
