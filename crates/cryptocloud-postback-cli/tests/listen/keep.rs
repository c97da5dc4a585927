//! What stays in memory, and what is never shown.

use reqwest::{Method, StatusCode};

use crate::{
    SECRET, TestResult, genuine,
    listener::{Listener, command},
};

fn ids(list: &serde_json::Value) -> Vec<u64> {
    let postbacks = list["postbacks"].as_array().map(Vec::as_slice);
    let ids = postbacks.unwrap_or_default().iter();
    ids.filter_map(|postback| postback["id"].as_u64()).collect()
}

#[tokio::test]
async fn only_the_latest_are_kept() -> TestResult {
    let listener = Listener::start(&["--keep", "3"])?;
    for _ in 0..5 {
        listener.post(&genuine("GENUINE1")).await?;
    }
    let list = listener.get("/api/postbacks").await?;
    assert_eq!(ids(&list), [3, 4, 5]);
    let gone = listener.own(Method::GET, "/api/postbacks/2").send().await?;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    for odd in ["x", "-1", "18446744073709551616", "%00"] {
        let odd = format!("/api/postbacks/{odd}");
        let response = listener.own(Method::GET, &odd).send().await?;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }

    let cleared = listener
        .own(Method::DELETE, "/api/postbacks")
        .send()
        .await?;
    assert_eq!(cleared.status(), StatusCode::NO_CONTENT);
    let list = listener.get("/api/postbacks").await?;
    assert_eq!(ids(&list), [0; 0]);
    // An id is not reused while the program runs.
    listener.post(&genuine("GENUINE1")).await?;
    assert_eq!(ids(&listener.get("/api/postbacks").await?), [6]);
    Ok(())
}

#[tokio::test]
async fn the_secret_is_never_shown() -> TestResult {
    let mut listener = Listener::start(&[])?;
    listener.post(&genuine("GENUINE1")).await?;
    listener
        .post(&genuine("FORGED01").secret("x".repeat(40)))
        .await?;
    // A sender writes the secret.
    let body =
        format!("status=success&a={SECRET}&invoice_id={SECRET}&amount_crypto=1&currency=TON");
    let request = listener.client.post(format!("{}?{SECRET}", listener.url));
    request.header("x-odd", SECRET).body(body).send().await?;
    let mut seen = String::new();
    for path in [
        "/",
        "/api/postbacks",
        "/api/postbacks/1",
        "/api/postbacks/2",
        "/api/postbacks/3",
        "/api/export/postbacks.json",
        "/api/export/postbacks.sh",
    ] {
        let response = listener.own(Method::GET, path).send().await?;
        seen += &format!("{:?}", response.headers());
        seen += &response.text().await?;
    }
    listener.signal("INT")?;
    seen += &listener.rest()?;
    assert!(seen.contains("GENUINE1"));
    assert!(seen.contains("status=success&a=[secret]"));
    assert!(!seen.contains(SECRET));
    Ok(())
}

/// Escapes and quotes of JSON and of a shell would break it up.
#[tokio::test]
async fn a_secret_with_quotes_is_never_shown() -> TestResult {
    let secret = r#"it's "not" a \ real $key, only for these zebras"#;
    let mut command = command(&["--addr", "127.0.0.1:0"]);
    let mut listener = Listener::spawn(command.env("CRYPTOCLOUD_SECRET_KEY", secret))?;
    let postback = genuine("GENUINE1").secret(secret).order_id(secret);
    listener.post(&postback).await?;
    let text = listener.client.post(&listener.url).body(secret);
    text.send().await?;
    let mut seen = String::new();
    for path in [
        "/api/postbacks",
        "/api/postbacks/1",
        "/api/postbacks/2",
        "/api/export/postbacks.json",
        "/api/export/postbacks.sh",
    ] {
        seen += &listener.own(Method::GET, path).send().await?.text().await?;
    }
    listener.signal("INT")?;
    seen += &listener.rest()?;
    assert!(seen.contains("GENUINE1") && seen.contains("[secret]"));
    // All forms of it end alike.
    assert!(!seen.contains("zebras"), "{seen}");
    Ok(())
}
