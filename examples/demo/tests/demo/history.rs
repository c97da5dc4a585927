use cryptocloud_postback_axum::testing::PostbackBuilder;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Server, TestResult, secret};

#[tokio::test]
async fn the_newest_hundred_are_kept() -> TestResult {
    let server = Server::start().await?;
    server.order("A").await?;
    for _ in 0..103 {
        server.press("A", "no_token").await?;
    }
    let entries = server.entries().await?;
    let numbers = entries.iter().filter_map(|one| one["number"].as_u64());
    assert_eq!(
        numbers.collect::<Vec<_>>(),
        (4..=103).rev().collect::<Vec<_>>()
    );
    Ok(())
}

/// What `ccpostback send` sends, of an invoice that the demo's vendor has not created.
#[tokio::test]
async fn another_program_can_be_the_vendor() -> TestResult {
    let server = Server::start().await?;
    let postback = PostbackBuilder::new(secret(&server.folder)?).order_id("ORDER_93223");
    let request = server.request(Method::POST, "/postback?from=theft");
    let request = request.body(postback.clone().json().body());
    assert_eq!(request.send().await?.status(), 200);
    let newest = server.newest().await?;
    assert_eq!([&newest["cause"], &newest["outcome"]], ["outside", "held"]);
    assert_eq!(
        newest["reason"],
        "no order has this invoice, or has this id and no invoice"
    );
    Ok(())
}

#[tokio::test]
async fn no_token_and_no_secret_is_kept() -> TestResult {
    let server = Server::start().await?;
    let invoice = server.order("A").await?;
    let secret = secret(&server.folder)?;
    server.press("A", "silent").await?;
    let postback = PostbackBuilder::new(&*secret)
        .invoice_id(invoice.as_str().ok_or("no invoice")?)
        .order_id("A")
        .amount("12.5")
        .currency("USDT_TRC20");
    let request = server.request(Method::POST, "/postback");
    let response = request.body(postback.clone().json().body()).send().await?;
    assert_eq!(response.status(), 200);
    assert_eq!(server.paid_by("A").await?, invoice);
    let token = postback.signed_token();
    let mut shown = format!("{:?}", server.demo);
    for path in ["/page.json", "/orders", "/held"] {
        shown += &server.get(path).await?.to_string();
    }
    assert!(
        !shown.contains(&token) && !shown.contains(&secret),
        "{shown}"
    );
    let signature = token.rsplit('.').next().unwrap_or_default().as_bytes();
    for file in std::fs::read_dir(server.folder.path())? {
        let bytes = std::fs::read(file?.path())?;
        assert!(!bytes.windows(signature.len()).any(|part| part == signature));
    }
    Ok(())
}

/// A form, garbage and nothing at all are shown with the reason.
#[tokio::test]
async fn every_refusal_is_shown() -> TestResult {
    let server = Server::start().await?;
    for (body, stopped_at) in [
        ("", "format"),
        ("{}", "fields"),
        (
            "status=success&invoice_id=1&amount_crypto=1&currency=TON",
            "token",
        ),
    ] {
        let request = server.request(Method::POST, "/postback").body(body);
        let status = request.send().await?.status().as_u16();
        let newest = server.newest().await?;
        assert_eq!(
            [&newest["cause"], &newest["outcome"]],
            ["outside", "refused"],
            "{body}"
        );
        assert_eq!(
            [&newest["response"][0], &newest["stopped_at"]],
            [&json!(status), &json!(stopped_at)]
        );
        assert_ne!(newest["reason"], Value::Null);
    }
    Ok(())
}
