use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::Demo;
use crate::{Server, TestResult};

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
    assert_eq!(delivery["order_id"], "A", "{delivery}");
}

#[tokio::test]
async fn each_does_what_it_says() -> TestResult {
    let server = Server::start("buttons").await?;
    let demo = Demo::start(&server).await?;
    demo.order("A").await?;

    // Nobody pays with a token of their own, or less than the order says.
    assert_eq!(demo.press("A", "forged_token", "json").await?, 401);
    let text = "token is signed with another secret".into();
    check(
        &demo.newest().await?,
        "refused",
        401,
        text,
        "signature".into(),
    );
    assert_eq!(demo.press("A", "forged_amount", "form").await?, 200);
    let text = "reported otherwise than expected: amount (less)".into();
    let kept = demo.newest().await?;
    check(&kept, "unsettled", 200, text, "order".into());
    assert_eq!(
        (&kept["amount"], &kept["format"]),
        (&json!("0.125"), &json!("form"))
    );
    let state = demo.state().await?;
    assert_eq!(state["orders"][0]["paid_by"], Value::Null);
    assert_eq!(state["unsettled"][0]["invoice_id"], kept["invoice_id"]);

    assert_eq!(demo.press("A", "payment", "form").await?, 200);
    let paid = demo.newest().await?;
    check(&paid, "paid", 200, Value::Null, Value::Null);
    assert_eq!(paid["answer"], r#"{"message":"Postback received"}"#);
    let order = &demo.state().await?["orders"][0];
    assert_eq!(
        (&order["paid_by"], &order["paid_format"]),
        (&paid["invoice_id"], &json!("form"))
    );
    assert_eq!(order["paid_at"].as_str().map(str::len), Some(20));

    let known = "invoice was processed before:";
    for (kind, text) in [
        ("duplicate", "the same token again"),
        ("resend", "a new token for it"),
        ("duplicate", "the same token again"),
        ("payment", "a new token for it"),
    ] {
        assert_eq!(demo.press("A", kind, "json").await?, 200, "{kind}");
        let text = format!("{known} {text}").into();
        check(
            &demo.newest().await?,
            "duplicate",
            200,
            text,
            "claim".into(),
        );
    }

    assert_eq!(demo.press("A", "forged_amount", "json").await?, 409);
    let text = "invoice was reported before with other fields".into();
    check(&demo.newest().await?, "conflict", 409, text, "claim".into());
    let state = demo.state().await?;
    assert_eq!(state["conflicts"][0]["amount"], "0.125");
    assert_eq!(state["orders"][0], *order);
    assert_eq!(demo.press("A", "forged_token", "form").await?, 401);
    let text = "token is signed with another secret".into();
    check(
        &demo.newest().await?,
        "refused",
        401,
        text,
        "signature".into(),
    );
    Ok(())
}

#[tokio::test]
async fn many_presses_at_once_pay_once() -> TestResult {
    let server = Server::start("presses").await?;
    let demo = Demo::start(&server).await?;
    demo.order("A").await?;
    let presses = (0..40).map(|n| {
        let kind = ["payment", "resend", "duplicate", "payment"][n % 4];
        demo.press("A", kind, ["json", "form"][n % 2])
    });
    let answers = try_join_all(presses).await?;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    let state = demo.state().await?;
    let deliveries = state["deliveries"].as_array().ok_or("no list")?;
    let count = |outcome| {
        deliveries
            .iter()
            .filter(|one| one["outcome"] == outcome)
            .count()
    };
    assert_eq!((count("paid"), count("duplicate")), (1, 39));
    assert_eq!(
        (&state["unsettled"], &state["conflicts"]),
        (&json!([]), &json!([]))
    );
    Ok(())
}

#[tokio::test]
async fn hostile_orders_are_paid_like_others() -> TestResult {
    let server = Server::start("hostile-demo").await?;
    let demo = Demo::start(&server).await?;
    let ids = [
        "<img src=x onerror=alert(1)>",
        "</script>",
        "';DROP TABLE deliveries--",
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
async fn what_cannot_be_sent_is_said() -> TestResult {
    let server = Server::start("unknown").await?;
    let demo = Demo::start(&server).await?;
    for (body, status, error) in [
        (
            json!({"order_id": "B", "kind": "payment", "format": "json"}),
            404,
            "No such order",
        ),
        (
            json!({"order_id": "B", "kind": "theft", "format": "json"}),
            422,
            "Invalid simulation",
        ),
        (json!({"order_id": "B"}), 422, "Invalid simulation"),
    ] {
        let (found, answer) = demo.post("/simulate", &body).await?;
        assert_eq!(
            (found.as_u16(), &answer["error"]),
            (status, &json!(error)),
            "{body}"
        );
    }
    // An order can cost so little that there is no smaller amount than none.
    let order = json!({"id": "A", "amount": "0.0000000000000000000000000001", "currency": "BTC"});
    demo.post("/orders", &order).await?;
    assert_eq!(demo.press("A", "forged_amount", "json").await?, 200);
    assert_eq!(demo.newest().await?["amount"], "0");
    assert_eq!(demo.press("A", "payment", "json").await?, 200);
    assert_eq!(demo.newest().await?["outcome"], "paid");
    Ok(())
}
