//! `--forward`.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode},
    response::IntoResponse,
    routing::any,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify};

use crate::{TestResult, genuine, listener::Listener};

type Requests = Arc<Mutex<Vec<(Method, HeaderMap, Bytes)>>>;

/// The merchant's server, and the requests that it received.
async fn merchant() -> TestResult<(String, Requests)> {
    let requests = Requests::default();
    let accept = async |State(requests): State<Requests>, method, headers, body| {
        let mut requests = requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push((method, headers, body));
        let headers = [
            ("x-shop", "1"),
            ("set-cookie", "session=of-the-shop"),
            ("content-type", "text/x-shop"),
        ];
        (StatusCode::IM_A_TEAPOT, headers, "<b>no</b>")
    };
    let redirect =
        async || (StatusCode::FOUND, [("location", "http://127.0.0.1:1/")]).into_response();
    let long = async || vec![b'a'; 100_000];
    let app = Router::new()
        .route("/postback", any(accept))
        .route("/redirect", any(redirect))
        .route("/long", any(long))
        .with_state(requests.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok((origin, requests))
}

fn requests(requests: &Requests) -> Vec<(Method, HeaderMap, Bytes)> {
    requests
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

#[tokio::test]
async fn requests_and_responses_are_unchanged() -> TestResult {
    let (origin, seen) = merchant().await?;
    let mut listener = Listener::start(&["--forward", &format!("{origin}/postback?a=b")])?;
    let body = genuine("GENUINE1").json().body();
    let request = listener
        .client
        .patch(&listener.url)
        .header("content-type", "Application/JSON ;x=y")
        .header("user-agent", "Cryptocloud POSTBACK v2")
        .header("cookie", "session=of-the-sender")
        .header("x-other", "1")
        .body(body.clone());
    let response = request.send().await?;
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(response.headers()["content-type"], "text/x-shop");
    assert_eq!(
        response.headers()["content-security-policy"],
        "default-src 'none'; sandbox"
    );
    assert!(!response.headers().contains_key("set-cookie"));
    assert_eq!(response.text().await?, "<b>no</b>");

    let (method, headers, forwarded) = requests(&seen).pop().ok_or("nothing")?;
    assert_eq!((method, forwarded), (Method::PATCH, body));
    assert_eq!(headers["content-type"], "Application/JSON ;x=y");
    assert_eq!(headers["user-agent"], "Cryptocloud POSTBACK v2");
    assert!(!headers.contains_key("cookie") && !headers.contains_key("x-other"));

    let detail = listener.get("/api/postbacks/1").await?;
    assert_eq!(detail["status"], 418);
    assert_eq!(detail["response"]["status"], "405 Method Not Allowed");
    let forwarded = &detail["forwarded"];
    assert_eq!(forwarded["status"], "418 I'm a teapot");
    assert_eq!(forwarded["body"], "<b>no</b>");
    assert!(detail["milliseconds"].is_u64());
    assert!(forwarded["headers"].to_string().contains("x-shop"));
    assert!(!detail.to_string().contains("of-the-"));
    listener.signal("INT")?;
    let output = listener.rest()?;
    assert!(
        output.contains("#1    refused     418  GENUINE1"),
        "{output}"
    );
    Ok(())
}

#[tokio::test]
async fn a_resend_has_the_same_bytes() -> TestResult {
    let (origin, seen) = merchant().await?;
    let listener = Listener::start(&["--forward", &format!("{origin}/postback")])?;
    listener.post(&genuine("GENUINE1")).await?;
    let resend = |id: u64| listener.own(Method::POST, &format!("/api/postbacks/{id}/resend"));
    let response = resend(1).send().await?;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    assert_eq!(response.text().await?, r#"{"id":2,"signed_anew":false}"#);
    let detail = listener
        .until("/api/postbacks/2", |detail| detail["status"].is_u64())
        .await?;
    assert_eq!(detail["resend"], json!({ "of": 1, "signed_anew": false }));
    assert_eq!(detail["status"], 418);
    let seen = requests(&seen);
    let [first, second] = seen.as_slice() else {
        return Err("not two requests".into());
    };
    assert_eq!(first.2, second.2);
    assert_eq!(first.1["content-type"], second.1["content-type"]);

    assert_eq!(resend(9).send().await?.status(), StatusCode::NOT_FOUND);
    listener
        .client
        .post(&listener.url)
        .body(vec![b'a'; 70_000])
        .send()
        .await?;
    assert_eq!(resend(3).send().await?.status(), StatusCode::CONFLICT);
    Ok(())
}

#[tokio::test]
async fn a_resend_needs_a_server() -> TestResult {
    let listener = Listener::start(&[])?;
    listener.post(&genuine("GENUINE1")).await?;
    let response = listener
        .own(Method::POST, "/api/postbacks/1/resend")
        .send()
        .await?;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    Ok(())
}

#[tokio::test]
async fn a_large_body_is_not_forwarded() -> TestResult {
    let (origin, seen) = merchant().await?;
    let listener = Listener::start(&["--forward", &format!("{origin}/postback")])?;
    let large = listener.client.post(&listener.url).body(vec![b'a'; 70_000]);
    assert_eq!(large.send().await?.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(requests(&seen).len(), 0);
    Ok(())
}

#[tokio::test]
async fn redirects_are_not_followed() -> TestResult {
    let (origin, _) = merchant().await?;
    let listener = Listener::start(&["--forward", &format!("{origin}/redirect")])?;
    let response = listener.post(&genuine("GENUINE1")).await?;
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()["location"], "http://127.0.0.1:1/");
    Ok(())
}

#[tokio::test]
async fn a_long_response_is_truncated() -> TestResult {
    let (origin, _) = merchant().await?;
    let listener = Listener::start(&["--forward", &format!("{origin}/long")])?;
    let response = listener.post(&genuine("GENUINE1")).await?;
    assert_eq!(response.bytes().await?.len(), 65_536);
    let detail = listener.get("/api/postbacks/1").await?;
    assert_eq!(detail["forwarded"]["is_truncated"], true);
    Ok(())
}

#[tokio::test]
async fn an_unreachable_server() -> TestResult {
    // Bound but not listening, so that no other process takes the port.
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind("127.0.0.1:0".parse()?)?;
    let url = format!("http://{}/", socket.local_addr()?);
    let listener = Listener::start(&["--forward", &url])?;
    let response = listener.post(&genuine("GENUINE1")).await?;
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    let text = response.text().await?;
    assert!(text.contains("your server cannot be reached"), "{text}");
    let detail = listener.get("/api/postbacks/1").await?;
    assert_eq!(detail["verdict"], "verified");
    assert_eq!(detail["forwarded"], Value::Null);
    assert!(detail["not_forwarded"].is_string());
    Ok(())
}

#[tokio::test]
async fn a_loop_through_another_listener_ends() -> TestResult {
    let free = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .to_string();
    let other = Listener::start(&["--forward", &format!("http://{free}/postback")])?;
    let listener = Listener::start(&["--addr", &free, "--forward", &other.url])?;
    let response = listener.post(&genuine("GENUINE1")).await?;
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert!(response.text().await?.contains("forwarding loop"));
    let list = listener.get("/api/postbacks").await?;
    assert_eq!(list["postbacks"].as_array().map(Vec::len), Some(2));

    let free = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .to_string();
    let url = format!("http://{free}/postback");
    let itself = Listener::start(&["--addr", &free, "--forward", &url])?;
    let response = itself.post(&genuine("GENUINE1")).await?;
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert!(response.text().await?.contains("forwarding loop"));
    Ok(())
}

#[tokio::test]
async fn a_postback_is_handled_after_its_sender_hung_up() -> TestResult {
    let gate = Arc::new(Notify::new());
    let held = gate.clone();
    let wait = async move || held.notified().await;
    let server = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", server.local_addr()?);
    let app = Router::new().route("/", any(wait));
    tokio::spawn(async move { axum::serve(server, app).await });

    let listener = Listener::start(&["--forward", &url])?;
    let address = listener.origin.trim_start_matches("http://");
    let mut sender = std::net::TcpStream::connect(address)?;
    sender.write_all(b"POST /postback HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")?;
    let list = listener
        .until("/api/postbacks", |list| list["postbacks"][0]["id"] == 1)
        .await?;
    assert_eq!(list["postbacks"][0]["status"], Value::Null);
    drop(sender);
    gate.notify_one();
    let detail = listener
        .until("/api/postbacks/1", |detail| detail["status"].is_u64())
        .await?;
    assert_eq!(detail["forwarded"]["status"], "200 OK");
    Ok(())
}
