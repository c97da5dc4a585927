use cryptocloud_postback_sqlx::sqlx;
use reqwest::Method;
use serde_json::{Value, json};

use super::Demo;
use crate::{Server, TestResult};

#[tokio::test]
async fn all_of_it_outlives_a_restart() -> TestResult {
    let server = Server::start("restart").await?;
    let demo = Demo::start(&server).await?;
    for id in ["A", "B"] {
        demo.order(id).await?;
        for kind in ["payment", "duplicate", "forged_amount", "forged_token"] {
            demo.press(id, kind, "json").await?;
        }
    }
    let before = demo.state().await?;
    assert_eq!(before["deliveries"].as_array().map(Vec::len), Some(8));
    drop(demo);
    let demo = Demo::start(&server).await?;
    assert_eq!(demo.state().await?, before);
    // The same bytes as before the restart, with the same token.
    demo.press("A", "duplicate", "form").await?;
    let newest = demo.newest().await?;
    assert_eq!(
        newest["reason"],
        "invoice was processed before: the same token again"
    );
    assert_eq!(newest["format"], "json");
    Ok(())
}

/// What somebody has recorded is worth nothing a few minutes later.
#[tokio::test]
async fn the_same_bytes_are_refused_when_their_token_has_expired() -> TestResult {
    let server = Server::start("expired").await?;
    let demo = Demo::start(&server).await?;
    demo.order("A").await?;
    demo.press("A", "payment", "json").await?;
    sqlx::query("UPDATE simulated_invoices SET expires_at = 1767263000")
        .execute(&server.database().await?)
        .await?;
    assert_eq!(demo.press("A", "duplicate", "json").await?, 401);
    let newest = demo.newest().await?;
    assert_eq!(newest["reason"], "token has expired: exp is past");
    assert_eq!(
        (&newest["stopped_at"], &newest["order_id"]),
        (&json!("time"), &json!("A"))
    );
    // The vendor signs anew.
    assert_eq!(demo.press("A", "resend", "json").await?, 200);
    Ok(())
}

#[tokio::test]
async fn the_newest_hundred_are_kept() -> TestResult {
    let server = Server::start("hundred").await?;
    let demo = Demo::start(&server).await?;
    demo.order("A").await?;
    for _ in 0..103 {
        demo.press("A", "resend", "json").await?;
    }
    let deliveries = demo.state().await?["deliveries"].clone();
    let numbers = deliveries.as_array().ok_or("no list")?.iter();
    let numbers: Vec<_> = numbers.filter_map(|one| one["number"].as_i64()).collect();
    assert_eq!(numbers, (4..=103).rev().collect::<Vec<_>>());
    // Also in the file.
    let count: (i64,) = sqlx::query_as("SELECT count(*) FROM deliveries")
        .fetch_one(&server.database().await?)
        .await?;
    assert_eq!(count, (100,));
    Ok(())
}

/// Of what strangers send nothing is written, and of what the vendor sends no token.
#[tokio::test]
async fn a_real_shop_keeps_genuine_ones_only_and_simulates_nothing() -> TestResult {
    let server = Server::start("real").await?;
    let demo = Demo::start_with(&server, |_, _| Ok(None)).await?;
    demo.order("A").await?;
    let body = json!({"order_id": "A", "kind": "payment", "format": "json"}).to_string();
    let response = demo
        .request(Method::POST, "/simulate")
        .body(body)
        .send()
        .await?;
    assert_eq!(response.status(), 404);
    for body in [
        "",
        "{}",
        "status=success&invoice_id=1&amount_crypto=1&currency=TON",
    ] {
        let request = demo.request(Method::POST, "/postback").body(body);
        assert_ne!(request.send().await?.status(), 200, "{body}");
    }
    let state = demo.state().await?;
    assert_eq!(state["simulator"], false);
    assert_eq!(state["deliveries"], json!([]));
    assert_eq!(state["orders"][0]["paid_by"], Value::Null);

    let now = cryptocloud_postback::UnixTime::now()?;
    let postback =
        crate::postback().expires_at(now.saturating_add(crate::Duration::from_secs(200)));
    let request = demo
        .request(Method::POST, "/postback")
        .body(postback.json().body());
    assert_eq!(request.send().await?.status(), 200);
    let state = demo.state().await?;
    assert_eq!(state["deliveries"][0]["outcome"], "paid");
    assert_eq!(state["orders"][0]["paid_by"], "ILRAJE1Q");
    let token = postback.signed_token();
    assert!(!state.to_string().contains(&token));
    for file in std::fs::read_dir(&server.folder)? {
        let bytes = std::fs::read(file?.path())?;
        let signature = token.rsplit('.').next().unwrap_or_default().as_bytes();
        assert!(!bytes.windows(signature.len()).any(|part| part == signature));
    }
    Ok(())
}

/// A payment is never refused for the want of its place in the log.
#[tokio::test]
async fn a_failing_log_changes_no_answer() -> TestResult {
    let server = Server::start("log").await?;
    let demo = Demo::start(&server).await?;
    demo.order("A").await?;
    let rename = "ALTER TABLE deliveries RENAME TO away";
    sqlx::raw_sql(rename)
        .execute(&server.database().await?)
        .await?;
    assert_eq!(demo.press("A", "payment", "json").await?, 200);
    assert_eq!(demo.press("A", "forged_token", "json").await?, 401);
    assert!(demo.shop.find("A").await?.paid_by.is_some());
    Ok(())
}
