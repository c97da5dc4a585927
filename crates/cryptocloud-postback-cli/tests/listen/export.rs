//! Downloads, as `ccpostback send --replay` reads them.

use std::process::Command;

use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

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
    let saved = listener.get("/api/export/postback-1.json").await?;
    assert_eq!(saved.as_array().map(Vec::len), Some(1));
    let saved = &saved[0];
    assert_eq!(saved["method"], "POST");
    assert_eq!(saved["target"], "/postback?a=b");
    assert_eq!(saved["body"], json!({ "text": str::from_utf8(&body)? }));
    let headers = saved["headers"].as_array().ok_or("no headers")?;
    assert!(headers.contains(&json!(["content-type", "application/json"])));
    assert!(!saved.to_string().contains("of-the-sender"));
    let time = saved["received_at"].as_str().ok_or("no time")?;
    // Always with milliseconds.
    assert_eq!(time.len(), "2026-11-25T21:58:51.120Z".len(), "{time}");

    for file in ["postback-9.json", "postback-9.sh", "postback-x.json", "x"] {
        let gone = listener.own(Method::GET, &format!("/api/export/{file}"));
        assert_eq!(gone.send().await?.status(), StatusCode::NOT_FOUND, "{file}");
    }
    Ok(())
}

#[tokio::test]
async fn all_postbacks() -> TestResult {
    let listener = Listener::start(&[])?;
    listener.post(&genuine("GENUINE1")).await?;
    for body in [
        b"\xff\0".to_vec(),
        SECRET.as_bytes().to_vec(),
        vec![b'a'; 70_000],
    ] {
        listener
            .client
            .post(&listener.url)
            .body(body)
            .send()
            .await?;
    }
    let saved = listener.get("/api/export/postbacks.json").await?;
    assert_eq!(saved.as_array().map(Vec::len), Some(3));
    assert_eq!(saved[1]["body"], json!({ "base64": "/wA=" }));
    assert_eq!(saved[2]["body"], json!({ "text": "[secret]" }));
    // Without its body it would be another postback.
    let large = listener.own(Method::GET, "/api/export/postback-4.json");
    assert_eq!(large.send().await?.status(), StatusCode::NOT_FOUND);
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
    for (file, lines) in [("postback-1.sh", 1), ("postbacks.sh", 2)] {
        let script = listener.own(Method::GET, &format!("/api/export/{file}"));
        let script = script.send().await?.text().await?;
        let start = "#!/bin/sh\n# 1\ncurl -sSi --globoff http://";
        assert!(script.starts_with(start), "{script}");
        assert!(script.contains("GENUINE1"), "{script}");
        assert_eq!(script.matches("\n# ").count(), lines, "{script}");
        assert_eq!(script.contains("no command sends exactly this"), lines == 2);
    }
    Ok(())
}

/// The arguments that a shell passes to curl.
fn arguments(command: &str) -> TestResult<Vec<String>> {
    let curl = r#"curl() { for word; do printf '%s\0' "$word"; done; }"#;
    let output = Command::new("sh")
        .args(["-c", &format!("{curl}\n{command}")])
        .output()?;
    assert_eq!(output.stderr, b"", "{command}");
    let words = String::from_utf8(output.stdout)?;
    Ok(words.split_terminator('\0').map(str::to_owned).collect())
}

#[tokio::test]
async fn a_shell_passes_the_body_unchanged() -> TestResult {
    let listener = Listener::start(&[])?;
    let body = "@it's \"a\" $HOME `id` \\n % ! ü\n{}";
    let url = format!("{}?a=[1]&b=$(id)", listener.url);
    let request = listener.client.post(&url).body(body);
    let request = request.header(CONTENT_TYPE, "text/plain; x='y'");
    request.header("user-agent", "a").send().await?;
    let detail = listener.get("/api/postbacks/1").await?;
    let words = arguments(detail["curl"].as_str().ok_or("no command")?)?;
    let headers = ["content-type: text/plain; x='y'", "user-agent: a"];
    let expected = [
        "-sSi",
        "--globoff",
        &url,
        "-H",
        headers[0],
        "-H",
        headers[1],
        "--data-raw",
        body,
    ];
    assert_eq!(words, expected);

    // A terminal would obey what is pasted, and no argument holds other bytes than text.
    for body in [&b"a\x1b[2J"[..], "a\u{202e}b".as_bytes(), b"\xff", b"\0"] {
        listener
            .client
            .post(&listener.url)
            .body(body.to_vec())
            .send()
            .await?;
    }
    listener.client.get(&listener.url).send().await?;
    for id in 2..=6 {
        let detail = listener.get(&format!("/api/postbacks/{id}")).await?;
        assert_eq!(detail["curl"], Value::Null, "{id}");
    }
    Ok(())
}
