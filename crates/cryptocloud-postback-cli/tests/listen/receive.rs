//! Postbacks that arrive, the responses to them, and what the page shows.

use cryptocloud_postback::{ErrorKind, Response};
use reqwest::{Body, Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::{
    TestResult, genuine,
    listener::{Listener, command},
};

/// The results of the checks, in order.
fn results(detail: &Value) -> Vec<&str> {
    let checks = detail["report"]["checks"].as_array().map(Vec::as_slice);
    checks
        .unwrap_or_default()
        .iter()
        .filter_map(|check| check["result"].as_str())
        .collect()
}

#[tokio::test]
async fn a_genuine_postback() -> TestResult {
    let mut listener = Listener::start(&[])?;
    let postback = genuine("GENUINE1");
    let response = listener.post(&postback).await?;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.text().await?, Response::RECEIVED.body());

    let list = listener.get("/api/postbacks").await?;
    assert_eq!(list["postbacks"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["postbacks"][0]["report"]["invoice_id"], "GENUINE1");
    assert_eq!(list["postbacks"][0]["verdict"], "verified");
    assert_eq!(list["about"]["url"], listener.url);
    assert_eq!(list["about"]["secret"], true);

    let detail = listener.get("/api/postbacks/1").await?;
    assert_eq!(results(&detail), ["ok"; 9]);
    assert_eq!(detail["report"]["postback"]["order_id"], "ORDER_93223");
    assert_eq!(
        detail["report"]["postback"]["invoice_info"]["status"],
        "paid"
    );
    assert_eq!(detail["response"]["status"], "200 OK");
    assert_eq!(detail["forwarded"], Value::Null);
    let body = String::from_utf8(postback.json().body().to_vec())?;
    assert_eq!(detail["body"], body);

    assert!(listener.line()?.starts_with("page at "));
    let line = listener.line()?;
    assert!(
        line.ends_with("Z #1    verified    200  GENUINE1  ORDER_93223  0.000113 BNB\n"),
        "{line}"
    );
    Ok(())
}

#[tokio::test]
async fn refusals_match_the_adapters() -> TestResult {
    let listener = Listener::start(&[])?;
    let post = || {
        listener
            .client
            .post(&listener.url)
            .header("content-type", "application/json")
    };
    let body = genuine("GENUINE1").json().body();
    let forged = genuine("FORGED01").secret("not-a-real-key-but-the-one-of-an-attacker");
    let rows: [(RequestBuilder, ErrorKind, usize); 10] = [
        (
            post().body(forged.json().body()),
            ErrorKind::TokenSignature,
            4,
        ),
        (
            post().body(genuine("A").remove("token").json().body()),
            ErrorKind::TokenMissing,
            3,
        ),
        (
            post().body(genuine("A").status("created").json().body()),
            ErrorKind::StatusRefused,
            8,
        ),
        (post().body("rubbish"), ErrorKind::InvalidJson, 2),
        (post().body("{}"), ErrorKind::MissingId, 2),
        (listener.client.post(&listener.url), ErrorKind::MediaType, 1),
        (
            post().header("content-encoding", "gzip").body(body.clone()),
            ErrorKind::ContentEncoding,
            0,
        ),
        (
            listener.client.get(&listener.url),
            ErrorKind::MethodNotAllowed,
            0,
        ),
        (
            listener.client.put(&listener.url).body(body),
            ErrorKind::MethodNotAllowed,
            0,
        ),
        (post().body(vec![b' '; 65_537]), ErrorKind::BodyTooLarge, 0),
    ];
    for (index, (request, kind, failed)) in rows.into_iter().enumerate() {
        let response = request.send().await?;
        let expected = kind.response();
        assert_eq!(response.status(), expected.status(), "{kind:?}");
        for (name, value) in expected.headers() {
            assert_eq!(response.headers()[*name], *value, "{kind:?}");
        }
        assert_eq!(response.text().await?, expected.body(), "{kind:?}");
        let detail = listener
            .get(&format!("/api/postbacks/{}", index + 1))
            .await?;
        assert_eq!(detail["verdict"], "refused", "{kind:?}");
        assert_eq!(detail["reason"], kind.to_string());
        assert_eq!(detail["report"]["kind"], format!("{kind:?}"));
        assert!(
            detail["report"]["checks"][failed]["hint"].is_string(),
            "{kind:?}"
        );
        let results = results(&detail);
        let expected = |place: usize| match place.cmp(&failed) {
            std::cmp::Ordering::Less => "ok",
            std::cmp::Ordering::Equal => "failed",
            std::cmp::Ordering::Greater => "skipped",
        };
        assert!(results.into_iter().eq((0..9).map(expected)), "{kind:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_large_body_is_not_stored() -> TestResult {
    let listener = Listener::start(&[])?;
    // Without a Content-Length, and more than is ever read.
    let chunks = (0..40).map(|_| Ok::<_, std::io::Error>(vec![b'a'; 60_000]));
    let body = Body::wrap_stream(futures_util::stream::iter(chunks));
    // The connection may close before the response is read: only what was stored matters.
    let _ = listener.client.post(&listener.url).body(body).send().await;
    let whole = listener.client.post(&listener.url).body(vec![b'a'; 70_000]);
    assert_eq!(whole.send().await?.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let list = listener.get("/api/postbacks").await?;
    for postback in list["postbacks"].as_array().ok_or("no list")? {
        let detail = listener
            .get(&format!("/api/postbacks/{}", postback["id"]))
            .await?;
        assert_eq!(detail["body"], "");
        assert_eq!(detail["body_error"], ErrorKind::BodyTooLarge.to_string());
        assert_eq!(detail["status"], 413);
        assert_eq!(detail["curl"], Value::Null);
    }
    Ok(())
}

#[tokio::test]
async fn without_a_secret() -> TestResult {
    let mut listener = Listener::spawn(&mut command(&["--addr", "127.0.0.1:0"]))?;
    let response = listener.post(&genuine("UNKNOWN1")).await?;
    assert_eq!(response.status(), StatusCode::OK);
    let rubbish = listener.client.post(&listener.url).body("{").send().await?;
    assert_eq!(rubbish.status(), StatusCode::BAD_REQUEST);
    let list = listener.get("/api/postbacks").await?;
    assert_eq!(list["about"]["secret"], false);
    assert_eq!(list["postbacks"][0]["verdict"], "unchecked");
    assert_eq!(list["postbacks"][1]["verdict"], "refused");
    let detail = listener.get("/api/postbacks/1").await?;
    let expected = [["ok"; 3], ["skipped"; 3], ["skipped"; 3]].concat();
    assert_eq!(results(&detail), expected);
    listener.signal("TERM")?;
    let output = listener.rest()?;
    assert!(
        output.contains("signatures are not checked: set CRYPTOCLOUD_SECRET_KEY"),
        "{output}"
    );
    Ok(())
}

#[tokio::test]
async fn hostile_values_stay_data() -> TestResult {
    let mut listener = Listener::start(&[])?;
    let order = "</script><img src=x onerror=alert(1)>\u{1b}[2J\u{202e}'$(id)`";
    let hostile = genuine("HOSTILE1").order_id(order);
    assert_eq!(
        listener.post(&hostile).await?.status(),
        StatusCode::BAD_REQUEST
    );
    let mut headers = HeaderMap::new();
    headers.insert("authorization", "Bearer of-the-merchant".parse()?);
    headers.insert("cookie", "session=of-the-merchant".parse()?);
    headers.insert("x-api-key", "of-the-merchant".parse()?);
    headers.insert(
        "x-bytes",
        reqwest::header::HeaderValue::from_bytes(b"a\xff")?,
    );
    let odd = Method::from_bytes(b"ODD'`")?;
    let odd = listener.client.request(odd, &listener.url);
    odd.headers(headers).body(b"\xff\0".to_vec()).send().await?;

    let detail = listener.get("/api/postbacks/2").await?;
    assert_eq!(detail["body"], "\\xff\0");
    let header = |name: &str| {
        let headers = detail["headers"].as_array()?;
        headers.iter().find(|header| header[0] == name)
    };
    for name in ["authorization", "cookie", "x-api-key"] {
        assert_eq!(header(name), Some(&json!([name, null])));
    }
    assert_eq!(header("x-bytes"), Some(&json!(["x-bytes", "a\\xff"])));
    assert!(!detail.to_string().contains("of-the-merchant"));

    listener.signal("TERM")?;
    let output = listener.rest()?;
    let is_plain = |c: char| c == '\n' || (c.is_ascii() && !c.is_ascii_control());
    assert!(output.chars().all(is_plain), "{output:?}");
    Ok(())
}

#[tokio::test]
async fn a_wrong_path_is_reported() -> TestResult {
    let mut listener = Listener::start(&["--path", "/hook/paid"])?;
    assert!(listener.url.ends_with("/hook/paid"));
    let wrong = listener
        .client
        .post(format!("{}/postback", listener.origin));
    let response = wrong.send().await?;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let text = response.text().await?;
    assert_eq!(
        text,
        r#"{"error":"no such path: send postbacks to /hook/paid"}"#
    );
    assert!(listener.line()?.starts_with("page at "));
    assert_eq!(
        listener.line()?,
        "wrong path /postback: send postbacks to /hook/paid\n"
    );
    Ok(())
}
