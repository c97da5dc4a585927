//! Payments, with and without a postback.

use axum::{Router, routing::post};
use bytes::Bytes;
use cryptocloud_postback::{RequestHead, SecretKey, Verified, Verifier};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

use crate::{SECRET, TestResult, mimic::Mimic, order};

#[tokio::test]
async fn a_payment_sends_a_postback_that_agrees_with_the_api() -> TestResult {
    let (url, mut postbacks) = shop().await?;
    let mimic = Mimic::start(&["--postback-url", &url])?;
    for (payment, paid) in [
        (json!({ "status": "paid" }), "10"),
        (json!({ "status": "partial", "received": "2.5" }), "2.5"),
        (json!({ "status": "partial" }), "5"),
        (json!({ "status": "overpaid", "received": 11 }), "11"),
        (json!({ "status": "paid", "test_mode": true }), "10"),
    ] {
        let uuid = mimic.create(&order("10")).await?;
        let (status, settled) = mimic.pay(&uuid, &payment).await?;
        assert_eq!((status, &settled["postback"]["status"]), (200, &json!(200)));
        let verified = verify(&postbacks.recv().await.ok_or("no postback")?)?;
        let reported = verified.reported();
        assert_eq!(format!("INV-{}", verified.invoice_id()), uuid);
        assert_eq!(reported.order_id.as_deref(), Some("ORDER_93223"));
        assert_eq!(
            reported
                .amount_crypto
                .map(|amount| amount.to_string())
                .as_deref(),
            Some(paid)
        );
        let reported = reported.invoice_info().ok_or("no invoice_info")?;
        let info = mimic.info(&uuid).await?;
        assert_eq!(info["status"], payment["status"]);
        assert_eq!(info["invoice_status"], "success");
        assert_eq!(info["test_mode"], payment["test_mode"] == true);
        assert_ne!(info["address"], "");
        for (name, reported) in [
            ("amount", reported.amount),
            ("amount_usd", reported.amount_usd),
            ("received", reported.received),
            ("received_usd", reported.received_usd),
        ] {
            let amount = info[name].to_string().parse().ok();
            assert_eq!(reported, amount, "{name}: {payment}");
        }
        assert_eq!(
            json!(reported.status.map(|status| status.to_string())),
            info["status"]
        );
        // The same again is a resend.
        mimic.pay(&uuid, &payment).await?;
        let again = verify(&postbacks.recv().await.ok_or("no postback")?)?;
        assert_eq!(again.invoice_id(), verified.invoice_id());
    }
    Ok(())
}

#[tokio::test]
async fn a_payment_may_go_without_a_postback() -> TestResult {
    let (url, mut postbacks) = shop().await?;
    let mimic = Mimic::start(&["--postback-url", &url])?;
    let uuid = mimic.create(&order("10")).await?;
    let silent = json!({ "status": "partial", "postback": false });
    assert_eq!(mimic.pay(&uuid, &silent).await?.1["postback"], Value::Null);
    let canceled = mimic.create(&order("10")).await?;
    mimic
        .pay(&canceled, &json!({ "status": "canceled" }))
        .await?;
    mimic.pay(&uuid, &json!({ "status": "paid" })).await?;
    let first = verify(&postbacks.recv().await.ok_or("no postback")?)?;
    assert_eq!(
        first
            .reported()
            .amount_crypto
            .map(|paid| paid.to_string())
            .as_deref(),
        Some("10")
    );
    assert_eq!(mimic.info(&canceled).await?["status"], "canceled");
    for (uuid, payment, expected) in [
        (&uuid, json!({ "status": "canceled" }), 409),
        (&uuid, json!({ "status": "created" }), 409),
        (&uuid, json!({ "status": "partial" }), 409),
        (&canceled, json!({ "status": "paid" }), 409),
        (&uuid, json!({ "status": "paid", "received": "9" }), 409),
        (&uuid, json!({ "status": "paid", "received": "x" }), 400),
        (&uuid, json!({ "status": "paid", "typo": 1 }), 400),
        (&"INV-UNKNOWN1".to_owned(), json!({ "status": "paid" }), 404),
    ] {
        assert_eq!(mimic.pay(uuid, &payment).await?.0, expected, "{payment}");
    }
    let open = mimic.create(&order("10")).await?;
    for (status, received) in [
        ("partial", "10"),
        ("partial", "0"),
        ("overpaid", "10"),
        ("paid", "9"),
    ] {
        let payment = json!({ "status": status, "received": received });
        assert_eq!(mimic.pay(&open, &payment).await?.0, 409, "{payment}");
    }
    assert!(postbacks.try_recv().is_err());

    let deaf = Mimic::start(&["--postback-url", "http://127.0.0.1:1/"])?;
    let uuid = deaf.create(&order("10")).await?;
    let (_, settled) = deaf.pay(&uuid, &json!({ "status": "paid" })).await?;
    assert!(settled["postback"]["error"].is_string(), "{settled}");
    let none = Mimic::start(&[])?;
    let uuid = none.create(&order("10")).await?;
    let payment = json!({ "status": "paid", "postback": true });
    assert_eq!(none.pay(&uuid, &payment).await?.0, 400);
    assert_eq!(none.info(&uuid).await?["status"], "created");
    Ok(())
}

#[tokio::test]
async fn the_link_leads_to_a_page_that_pays() -> TestResult {
    let mimic = Mimic::start(&[])?;
    let order = json!({ "shop_id": "SHOP", "amount": 1, "order_id": "<b>&" });
    let invoice = mimic.call("create", &order).await?;
    let link = invoice["link"].as_str().ok_or("no link")?;
    let page = mimic.client.get(link).send().await?;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let policy = page.headers()["content-security-policy"]
        .to_str()?
        .to_owned();
    assert!(
        policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"),
        "{policy}"
    );
    let page = page.text().await?;
    assert!(page.contains(r#""order_id": "&lt;b>&amp;""#), "{page}");
    assert!(page.contains("<button"), "{page}");
    for file in ["pay.css", "pay.js"] {
        let request = mimic.client.get(format!("{}/pay/{file}", mimic.origin));
        assert_eq!(request.send().await?.status(), StatusCode::OK, "{file}");
    }
    let unknown = mimic
        .client
        .get(format!("{}/pay/INV-UNKNOWN1", mimic.origin))
        .send()
        .await?;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    Ok(())
}

/// A shop that accepts every postback, and its URL.
async fn shop() -> TestResult<(String, UnboundedReceiver<Bytes>)> {
    let (sender, postbacks) = unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/postback", listener.local_addr()?);
    let receive = post(async move |body: Bytes| {
        let _ = sender.send(body);
    });
    let router = Router::new().route("/postback", receive);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((url, postbacks))
}

fn verify(body: &Bytes) -> TestResult<Verified> {
    let head = RequestHead::from_content_type(Some(b"application/json"));
    Ok(Verifier::new(SecretKey::new(SECRET)?)?.verify(head, body.clone())?)
}
