use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::{Demo, TestResult, simulation};

#[track_caller]
fn check(delivery: &Value, outcome: &str, status: u16, reason: Value, stopped_at: Value) {
    assert_eq!(
        (&delivery["outcome"], &delivery["status"]),
        (&json!(outcome), &json!(status)),
        "{delivery}"
    );
    assert_eq!(
        (&delivery["reason"], &delivery["stopped_at"]),
        (&reason, &stopped_at),
        "{delivery}"
    );
}

#[tokio::test]
async fn each_does_what_it_says() -> TestResult {
    let demo = Demo::start().await?;
    demo.order("A").await?;
    let invoice = crate::invoice_of("A");

    // Attacks before the payment
    assert_eq!(demo.press("A", "forged_token", "json").await?, 401);
    let text = "token's signature does not match the secret";
    check(
        &demo.newest().await?,
        "refused",
        401,
        text.into(),
        "signature".into(),
    );
    assert_eq!(demo.newest().await?["invoice_id"], json!(invoice));
    assert_eq!(demo.press("A", "forged_amount", "form").await?, 200);
    let too_low = "postback does not match the order: amount too low";
    let newest = demo.newest().await?;
    check(&newest, "held", 200, too_low.into(), "order".into());
    assert_eq!(
        (&newest["amount"], &newest["format"]),
        (&json!("0.125"), &json!("form"))
    );
    assert_eq!(demo.get("/held").await?[0]["reason"], too_low);
    assert_eq!(demo.paid_by("A").await?, Value::Null);

    assert_eq!(demo.press("A", "payment", "form").await?, 200);
    let paid = demo.newest().await?;
    check(&paid, "paid", 200, Value::Null, Value::Null);
    assert_eq!(paid["body"], r#"{"message":"Postback received"}"#);
    assert_eq!(demo.paid_by("A").await?, json!(invoice));

    for (kind, token) in [
        ("duplicate", "the same token"),
        ("resend", "a new token"),
        ("duplicate", "the same token"),
        ("payment", "a new token"),
    ] {
        assert_eq!(demo.press("A", kind, "json").await?, 200, "{kind}");
        let text = format!("payment was processed before: it came again with {token}");
        check(
            &demo.newest().await?,
            "duplicate",
            200,
            text.into(),
            "claim".into(),
        );
    }

    // The same forgery is known, and still held.
    assert_eq!(demo.press("A", "forged_amount", "json").await?, 200);
    check(
        &demo.newest().await?,
        "held",
        200,
        too_low.into(),
        "order".into(),
    );
    // A forgery that comes after the payment is a conflict.
    demo.order("B").await?;
    assert_eq!(demo.press("B", "payment", "json").await?, 200);
    assert_eq!(demo.press("B", "forged_amount", "json").await?, 409);
    let text = "invoice was reported with other fields before";
    check(
        &demo.newest().await?,
        "conflict",
        409,
        text.into(),
        "claim".into(),
    );
    assert_eq!(demo.get("/held").await?[1]["reason"], text);
    assert_eq!(demo.press("B", "forged_token", "form").await?, 401);
    assert_eq!(demo.paid_by("B").await?, crate::invoice_of("B"));
    Ok(())
}

#[tokio::test]
async fn an_operator_decides_about_what_is_held() -> TestResult {
    let demo = Demo::start().await?;
    for id in ["A", "B"] {
        demo.order(id).await?;
        assert_eq!(demo.press(id, "forged_amount", "json").await?, 200);
    }
    let held = demo.get("/held").await?;
    let path = |index: usize, decision| format!("/held/{}/{decision}", held[index]["id"]);
    let accept = json!({"amount": "12.5", "order_id": "A"});
    assert_eq!(demo.post(&path(0, "accept"), &accept).await?.0, 200);
    let note = json!({"note": "not a payment"});
    assert_eq!(demo.post(&path(1, "dismiss"), &note).await?.0, 200);
    assert_eq!(demo.press("B", "forged_amount", "json").await?, 200);
    let text = "an operator has dismissed this report";
    check(
        &demo.newest().await?,
        "dismissed",
        200,
        text.into(),
        "order".into(),
    );
    // The event stream says when the worker is through.
    let mut events = demo.request(reqwest::Method::GET, "/events").send().await?;
    while demo.paid_by("A").await?.is_null() {
        events.chunk().await?.ok_or("the stream has ended")?;
    }
    assert_eq!(demo.paid_by("A").await?, crate::invoice_of("A"));
    assert_eq!(demo.paid_by("B").await?, Value::Null);
    assert_eq!(demo.get("/held").await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn many_presses_at_once_pay_once() -> TestResult {
    let demo = Demo::start().await?;
    demo.order("A").await?;
    let presses = (0..40).map(|n| {
        let kind = ["payment", "resend", "duplicate", "payment"][n % 4];
        demo.press("A", kind, ["json", "form"][n % 2])
    });
    try_join_all(presses).await?;
    let deliveries = demo.deliveries().await?;
    let count = |outcome| {
        let same = deliveries.iter().filter(|one| one["outcome"] == outcome);
        same.count()
    };
    assert_eq!(count("paid"), 1, "{deliveries:?}");
    assert_eq!(count("duplicate") + count("pending"), 39, "{deliveries:?}");
    assert_eq!(demo.get("/held").await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn hostile_orders_are_paid_like_others() -> TestResult {
    let demo = Demo::start().await?;
    let ids = [
        "<img src=x onerror=alert(1)>",
        "</script>",
        "';DROP TABLE orders--",
        r#"","token":""#,
        "a&b=c%20d+e",
        "заказ \u{202e}",
        &"x".repeat(128),
    ];
    for (index, id) in ids.into_iter().enumerate() {
        demo.order(id).await?;
        let format = ["json", "form"][index % 2];
        assert_eq!(demo.press(id, "payment", format).await?, 200, "{id}");
        let newest = demo.newest().await?;
        assert_eq!(
            (&newest["outcome"], &newest["order_id"]),
            (&json!("paid"), &json!(id))
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() -> TestResult {
    let demo = Demo::start().await?;
    let mut unknown_kind = simulation("A", "theft", "json");
    assert_eq!(demo.post("/simulate", &unknown_kind).await?.0, 422);
    unknown_kind["kind"] = "payment".into();
    unknown_kind["amount"] = "much".into();
    assert_eq!(demo.post("/simulate", &unknown_kind).await?.0, 422);
    assert_eq!(
        demo.post("/simulate", &json!({"order_id": "A"})).await?.0,
        422
    );
    assert_eq!(demo.deliveries().await?, Vec::<Value>::new());

    // An order without an invoice id, at a price that has no hundredth
    let price = "0.0000000000000000000000000001";
    let order = json!({"id": "A", "amount": price, "currency": "BTC"});
    assert_eq!(demo.post("/orders", &order).await?.0, 201);
    for (kind, outcome) in [("forged_amount", "held"), ("payment", "paid")] {
        let body = json!({
            "kind": kind, "format": "json", "order_id": "A", "invoice_id": null, "amount": price, "currency": "BTC",
        });
        assert_eq!(demo.post("/simulate", &body).await?.0, 200);
        assert_eq!(demo.newest().await?["outcome"], outcome);
    }
    Ok(())
}
