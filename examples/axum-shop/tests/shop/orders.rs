use serde_json::json;

use crate::{Answer, ORDER, Server, TestResult, create, get, send};

#[tokio::test]
async fn created_found_and_listed() -> TestResult {
    let server = Server::start("created").await?;
    let mut order = json!({
        "id": "A", "amount": "12.5", "currency": "USDT_TRC20",
        "paid_by": null, "paid_at": null, "paid_format": null,
    });
    let created = create(&server.shop, ORDER).await?;
    let time = created.body["created_at"].clone();
    assert_eq!(time.as_str().map(str::len), Some(20), "{time}");
    order["created_at"] = time;
    assert_eq!((created.status, &created.body), (201, &order));
    let again = create(&server.shop, ORDER).await?;
    assert_eq!(
        (again.status, again.body),
        (409, json!({"error": "Order exists"}))
    );
    let found = get(&server.shop, "/orders/A").await?;
    assert_eq!((found.status, &found.body), (200, &order));
    let missing = json!({"error": "No such order"});
    for path in ["/orders/B", "/orders/%00", "/orders/a"] {
        let found = get(&server.shop, path).await?;
        assert_eq!((found.status, &found.body), (404, &missing), "{path}");
    }
    let listed = get(&server.shop, "/orders").await?;
    assert_eq!((listed.status, listed.body), (200, json!([order])));
    Ok(())
}

#[tokio::test]
async fn an_order_without_an_id_gets_one() -> TestResult {
    let server = Server::start("id").await?;
    let order = r#"{"amount":"1e-5","currency":"BTC"}"#;
    let first = create(&server.shop, order).await?;
    let second = create(&server.shop, order).await?;
    assert_eq!((first.status, second.status), (201, 201));
    assert_ne!(first.body["id"], second.body["id"]);
    assert_eq!(first.body["amount"], "0.00001");
    let id = first.body["id"].as_str().ok_or("no id")?;
    assert_eq!(id.len(), 32, "{id}");
    let found = get(&server.shop, &format!("/orders/{id}")).await?;
    assert_eq!(found.body, first.body);
    // The newest first.
    let listed = get(&server.shop, "/orders").await?;
    assert_eq!(listed.body, json!([second.body, first.body]));
    Ok(())
}

#[tokio::test]
async fn hostile_ids_are_texts() -> TestResult {
    let server = Server::start("hostile").await?;
    for (id, path) in [
        ("';DROP TABLE orders--", "%27%3BDROP%20TABLE%20orders--"),
        ("<script>", "%3Cscript%3E"),
        ("a/b?c#d%25", "a%2Fb%3Fc%23d%2525"),
        ("заказ", "%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7"),
    ] {
        let order = json!({"id": id, "amount": "1", "currency": "BTC"}).to_string();
        assert_eq!(create(&server.shop, &order).await?.status, 201, "{id}");
        let found = get(&server.shop, &format!("/orders/{path}")).await?;
        assert_eq!(found.body["id"], id);
    }
    Ok(())
}

#[tokio::test]
async fn bad_input() -> TestResult {
    let server = Server::start("bad").await?;
    let check = async |kind, body: &str, status, text| -> TestResult {
        let answer: Answer = send(&server.shop, "POST", "/orders", (kind, body)).await?;
        let expected = json!({ "error": text });
        assert_eq!((answer.status, answer.body), (status, expected), "{body}");
        Ok(())
    };
    let json = "application/json";
    let (syntax, data) = ("Invalid JSON", "Invalid order");
    check("text/plain", ORDER, 415, "Unsupported content type").await?;
    check(json, "", 400, syntax).await?;
    check(json, "{", 400, syntax).await?;
    check(json, "[]", 422, data).await?;
    check(json, "{}", 422, data).await?;
    check(json, r#"{"amount":12.5,"currency":"BTC"}"#, 422, data).await?;
    check(
        json,
        r#"{"amount":"1","currency":"BTC","paid_by":"X"}"#,
        422,
        data,
    )
    .await?;
    let amount = "amount is not a decimal number above zero";
    for text in ["", "0", "-1", "12,5", "NaN", "1e99"] {
        let body = json!({"amount": text, "currency": "BTC"}).to_string();
        check(json, &body, 422, amount).await?;
    }
    let currency = "currency is not a code of the vendor's";
    for text in ["", "btc", "EURO"] {
        let body = json!({"amount": "1", "currency": text}).to_string();
        check(json, &body, 422, currency).await?;
    }
    let id = "id is not 1 to 128 bytes without control characters";
    for text in ["", "a\0b", "a\nb", &"a".repeat(129)] {
        let body = json!({"id": text, "amount": "1", "currency": "BTC"}).to_string();
        check(json, &body, 422, id).await?;
    }
    check(json, &" ".repeat(3 << 20), 413, "Body too large").await?;
    assert_eq!(get(&server.shop, "/orders").await?.body, json!([]));
    Ok(())
}
