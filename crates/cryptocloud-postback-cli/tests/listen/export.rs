//! Downloads, as `ccpostback send --replay` reads them.

use reqwest::{
    Method, StatusCode,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};
use serde_json::json;

use crate::{SECRET, TestResult, genuine, listener::Listener};

#[tokio::test]
async fn one_postback() -> TestResult {
    let listener = Listener::start(&[])?;
    let body = genuine("GENUINE1").json().body();
    let request = listener.client.post(format!("{}?a=b", listener.url));
    let request = request
        .header(CONTENT_TYPE, "application/json")
        .header("cookie", "session=of-the-sender")
        .header("x-secret-word", "of-the-sender");
    request.body(body.clone()).send().await?;
    let saved = listener.own(Method::GET, "/api/postbacks/1/export");
    let response = saved.send().await?;
    let name = "attachment; filename=\"postback-1.json\"";
    assert_eq!(response.headers()[CONTENT_DISPOSITION], name);
    let saved: serde_json::Value = serde_json::from_slice(&response.bytes().await?)?;
    assert_eq!(saved["method"], "POST");
    assert_eq!(saved["target"], "/postback?a=b");
    assert_eq!(saved["body"], json!({ "text": str::from_utf8(&body)? }));
    let headers = saved["headers"].as_array().ok_or("no headers")?;
    assert!(headers.contains(&json!(["content-type", "application/json"])));
    assert!(!saved.to_string().contains("of-the-sender"));
    let time = saved["received_at"].as_str().ok_or("no time")?;
    assert!(time.len() > 20 && time.ends_with('Z'), "{time}");

    let gone = listener.own(Method::GET, "/api/postbacks/9/export");
    assert_eq!(gone.send().await?.status(), StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn all_postbacks() -> TestResult {
    let listener = Listener::start(&[])?;
    listener.post(&genuine("GENUINE1")).await?;
    for body in [b"\xff\0".to_vec(), SECRET.as_bytes().to_vec()] {
        listener
            .client
            .post(&listener.url)
            .body(body)
            .send()
            .await?;
    }
    let saved = listener.get("/api/export").await?;
    assert_eq!(saved.as_array().map(Vec::len), Some(3));
    assert_eq!(saved[1]["body"], json!({ "base64": "/wA=" }));
    assert_eq!(saved[2]["body"], json!({ "text": "[secret]" }));
    Ok(())
}

#[tokio::test]
async fn as_curl() -> TestResult {
    let listener = Listener::start(&[])?;
    listener.post(&genuine("GENUINE1")).await?;
    listener
        .client
        .post(&listener.url)
        .body(vec![b'a'; 70_000])
        .send()
        .await?;
    for (path, name, lines) in [
        ("/api/postbacks/1/curl", "postback-1.sh", 1),
        ("/api/export/curl", "postbacks.sh", 2),
    ] {
        let response = listener.own(Method::GET, path).send().await?;
        let disposition = format!("attachment; filename=\"{name}\"");
        assert_eq!(response.headers()[CONTENT_DISPOSITION], disposition);
        let script = response.text().await?;
        assert!(
            script.starts_with("#!/bin/sh\n# 1\ncurl -sS -i 'http://"),
            "{script}"
        );
        assert!(script.contains("GENUINE1"), "{script}");
        assert_eq!(script.matches("\n# ").count(), lines, "{script}");
        assert_eq!(script.contains("no command sends exactly this"), lines == 2);
    }
    Ok(())
}
