use std::sync::Arc;

use serde_json::{Value, json};

use crate::{Demo, SECRET, TestResult, secret};

#[tokio::test]
async fn orders_and_what_is_held_outlive_a_restart() -> TestResult {
    let demo = Demo::start().await?;
    for id in ["A", "B"] {
        demo.order(id).await?;
        demo.press(id, "forged_amount", "json").await?;
    }
    demo.press("A", "payment", "json").await?;
    let before = (demo.get("/orders").await?, demo.get("/held").await?);
    let folder = Arc::clone(&demo.folder);
    drop(demo);
    let demo = Demo::start_with(folder, None).await?;
    assert_eq!(
        (demo.get("/orders").await?, demo.get("/held").await?),
        before
    );
    // Its payment is known, although the log of deliveries is empty.
    assert_eq!(demo.press("A", "payment", "json").await?, 200);
    assert_eq!(demo.newest().await?["outcome"], "duplicate");
    Ok(())
}

#[tokio::test]
async fn the_newest_hundred_are_kept() -> TestResult {
    let demo = Demo::start().await?;
    demo.order("A").await?;
    for _ in 0..103 {
        demo.press("A", "resend", "json").await?;
    }
    let deliveries = demo.deliveries().await?;
    let numbers = deliveries.iter().filter_map(|one| one["number"].as_u64());
    assert_eq!(
        numbers.collect::<Vec<_>>(),
        (4..=103).rev().collect::<Vec<_>>()
    );
    Ok(())
}

#[tokio::test]
async fn no_token_and_no_secret_is_kept() -> TestResult {
    let demo = Demo::start().await?;
    demo.order("A").await?;
    let postback = cryptocloud_postback_axum::testing::PostbackBuilder::new(secret().as_str());
    let postback = postback
        .invoice_id("41")
        .order_id("A")
        .amount("12.5")
        .currency("USDT_TRC20");
    let request = demo.request(reqwest::Method::POST, "/postback");
    let response = request.body(postback.clone().json().body()).send().await?;
    assert_eq!(response.status(), 200);
    assert_eq!(demo.paid_by("A").await?, "41");
    let token = postback.signed_token();
    let shown = format!(
        "{} {} {}",
        demo.get("/page.json").await?,
        demo.get("/orders").await?,
        demo.get("/held").await?
    );
    assert!(
        !shown.contains(&token) && !shown.contains(SECRET),
        "{shown}"
    );
    let signature = token.rsplit('.').next().unwrap_or_default().as_bytes();
    for file in std::fs::read_dir(demo.folder.path())? {
        let bytes = std::fs::read(file?.path())?;
        assert!(!bytes.windows(signature.len()).any(|part| part == signature));
    }
    Ok(())
}

/// A form, garbage and nothing at all are shown with the reason.
#[tokio::test]
async fn every_refusal_is_shown() -> TestResult {
    let demo = Demo::start().await?;
    for (body, stopped_at) in [
        ("", "format"),
        ("{}", "fields"),
        (
            "status=success&invoice_id=1&amount_crypto=1&currency=TON",
            "token",
        ),
    ] {
        let request = demo.request(reqwest::Method::POST, "/postback").body(body);
        let status = request.send().await?.status().as_u16();
        let newest = demo.newest().await?;
        assert_eq!(newest["outcome"], "refused", "{body}");
        assert_eq!(
            (&newest["status"], &newest["stopped_at"]),
            (&json!(status), &json!(stopped_at))
        );
        assert_ne!(newest["reason"], Value::Null);
    }
    Ok(())
}
