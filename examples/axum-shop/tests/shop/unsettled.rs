use serde_json::{Value, json};

use crate::{ORDER, Server, TestResult, create, get, pay, postback};

#[tokio::test]
async fn what_pays_no_order_is_kept_for_a_person() -> TestResult {
    let server = Server::start("kept").await?;
    create(&server.shop, ORDER).await?;
    let differs = "reported otherwise than expected:";
    let rows = [
        (
            postback().amount("12.4"),
            format!("{differs} amount (less)"),
        ),
        (
            postback().amount("12.6"),
            format!("{differs} amount (more)"),
        ),
        (postback().currency("BTC"), format!("{differs} currency")),
        (postback().order_id("B"), "there is no such order".into()),
        (
            postback().field("order_id", "null"),
            "payment names no order".into(),
        ),
        (postback().status("fail"), "status is not success".into()),
    ];
    for (number, (postback, reason)) in rows.into_iter().enumerate() {
        let invoice = format!("INVOICE{number}");
        let postback = postback.invoice_id(&invoice);
        for _ in 0..2 {
            assert_eq!(pay(&server.shop, &postback).await?.status, 200, "{reason}");
        }
        let kept = get(&server.shop, "/unsettled").await?.body;
        assert_eq!(kept.as_array().map(Vec::len), Some(number + 1), "{kept}");
        assert_eq!(
            (&kept[0]["invoice_id"], &kept[0]["reason"]),
            (&json!(invoice), &json!(reason))
        );
    }
    assert_eq!(
        get(&server.shop, "/orders/A").await?.body["paid_by"],
        Value::Null
    );
    assert_eq!(pay(&server.shop, &postback()).await?.status, 200);
    let other = postback().invoice_id("OTHER");
    assert_eq!(pay(&server.shop, &other).await?.status, 200);
    let shop = server.open_again().await?;
    assert_eq!(get(&shop, "/orders/A").await?.body["paid_by"], "ILRAJE1Q");
    let kept = &get(&shop, "/unsettled").await?.body[0];
    assert_eq!(kept["reason"], "order was paid by another invoice");
    assert_eq!(
        (&kept["amount"], &kept["order_id"]),
        (&json!("12.5"), &json!("A"))
    );
    Ok(())
}
