use base64::{Engine, engine::general_purpose::STANDARD};
use cryptocloud_postback::{
    RequestHead, SecretKey, Verifier,
    testing::{NOW, PostbackBuilder},
};
use serde_json::{Value, json};

use crate::{
    endpoint::Endpoint,
    program::{SECRET, TempFile, call, program, run},
};

#[track_caller]
fn verify(content_type: &str, body: &[u8]) -> cryptocloud_postback::Verified {
    let verifier = Verifier::new(SecretKey::new(SECRET).expect("a secret")).expect("a verifier");
    let head = RequestHead::from_content_type(Some(content_type.as_bytes()));
    verifier
        .verify(head, body.to_vec().into())
        .expect("a genuine postback")
}

#[test]
fn sends_like_the_vendor() {
    let endpoint = Endpoint::with_status("200 OK", r#"{"message":"Postback received"}"#);
    let ended = call(&["send", "--url", &endpoint.url(), "--invoice-id", "CLISEND1"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(
        lines[0],
        format!("POST {} (json, invoice CLISEND1)", endpoint.url())
    );
    assert!(lines[1].starts_with("200 OK in ") && lines[1].ends_with(" ms"));
    assert_eq!(lines[2..], [r#"{"message":"Postback received"}"#]);
    let request = endpoint.request();
    request.has("post /postback http/1.1");
    request.has("user-agent: cryptocloud postback v2");
    request.has("content-type: application/json");
    assert_eq!(
        verify("application/json", &request.body)
            .invoice_id()
            .as_str(),
        "CLISEND1"
    );
}

#[test]
fn a_form_and_its_response_as_json() {
    let endpoint = Endpoint::with_status("401 Unauthorized", r#"{"error":"Invalid token"}"#);
    let ended = call(&[
        "send",
        "--url",
        &endpoint.url(),
        "--format",
        "form",
        "--json",
    ]);
    assert_eq!(ended.code, Some(1));
    let sent = ended.json();
    assert_eq!(sent["status"], 401);
    assert_eq!(sent["response"], r#"{"error":"Invalid token"}"#);
    assert_eq!(sent["format"], "form");
    assert!(sent["milliseconds"].as_f64().is_some_and(|time| time > 0.0));
    let request = endpoint.request();
    request.has("content-type: application/x-www-form-urlencoded");
    let postback = verify("application/x-www-form-urlencoded", &request.body);
    assert_eq!(sent["invoice_id"], postback.invoice_id().as_str());
}

#[test]
fn a_captured_body_with_a_new_token() {
    let endpoint = Endpoint::with_status("200 OK", "");
    let body = "status=success&invoice_id=CLISEND2&amount_crypto=1&currency=BNB&token=old";
    let file = TempFile::new(body);
    let arguments = ["send", "--url", &endpoint.url(), "--body", file.path()];
    assert_eq!(call(&arguments).code, Some(0));
    let request = endpoint.request();
    assert!(
        request
            .body
            .starts_with(body.strip_suffix("old").expect("its end").as_bytes())
    );
    let _ = verify("application/x-www-form-urlencoded", &request.body);
}

#[test]
fn saved_postbacks_are_sent_again_with_a_new_token() {
    let saved = |body: &[u8]| {
        json!({
            "received_at": "2026-01-01T10:23:15.123Z",
            "method": "POST",
            "target": "/elsewhere",
            "headers": [["content-type", "application/json; charset=utf-8"]],
            "body": { "text": str::from_utf8(body).expect("UTF-8") },
        })
    };
    let endpoint = Endpoint::with_status("200 OK", "");
    let url = endpoint.url();
    let replay = |content: Value, arguments: &[&str]| {
        let file = TempFile::new(content.to_string());
        call(&[&["send", "--url", &url, "--replay", file.path()], arguments].concat())
    };
    let builder = PostbackBuilder::new(SECRET).at(NOW).field("extra", "1e-05");
    let (genuine, token) = (builder.json().body(), builder.signed_token());
    let ended = replay(saved(&genuine), &["--header", "X-New: 3"]);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{ended:?}");
    let request = endpoint.request();
    request.has("post /postback http/1.1");
    request.has("x-new: 3");
    let _ = verify("application/json", &request.body);
    let text = |body: &[u8]| String::from_utf8(body.to_vec()).expect("UTF-8");
    let (genuine, sent) = (text(&genuine), text(&request.body));
    let (before, after) = genuine.split_once(&token).expect("its token");
    assert!(sent.starts_with(before) && sent.ends_with(after), "{sent}");
    assert_ne!(sent, genuine);

    // Without a warning, a forgery would seem to be accepted as it arrived.
    for (forged, problem) in [
        (
            builder
                .clone()
                .secret("another-key-of-thirty-two-bytes-or-more"),
            "signature",
        ),
        (builder.clone().token("old"), "malformed"),
        (
            builder
                .clone()
                .token(&builder.clone().invoice_id("OTHER234").signed_token()),
            "invoice",
        ),
    ] {
        let ended = replay(saved(&forged.json().body()), &[]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(
            ended
                .stderr
                .starts_with("ccpostback: warning: the saved postback was not genuine")
                && ended.stderr.contains(problem),
            "{ended:?}"
        );
        let _ = verify("application/json", &endpoint.request().body);
    }

    // An export of several.
    let form = builder.form().body();
    let several = json!([saved(genuine.as_bytes()), saved(&form)]);
    let ended = replay(several, &["--json"]);
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(0), 2));
    endpoint.request().has("content-type: application/json");
    endpoint
        .request()
        .has("content-type: application/x-www-form-urlencoded");

    let with_body = |body: Value| {
        let mut saved = saved(b"");
        saved["body"] = body;
        saved
    };
    let encoded = with_body(json!({ "base64": STANDARD.encode(&genuine) }));
    assert_eq!(replay(encoded, &[]).code, Some(0));
    replay(saved(b"{}"), &[]).fails("names no invoice");
    replay(with_body(json!({ "base64": "?" })), &[]).fails("the saved body is not base64");
    for other in [
        json!("text"),
        json!({}),
        json!({ "text": "a", "base64": "YQ==" }),
    ] {
        replay(with_body(other), &[]).fails("was not saved by `listen`");
    }
    replay(json!({ "body": "x" }), &[]).fails("was not saved by `listen`");
    let usage = replay(saved(genuine.as_bytes()), &["--order-id", "X"]);
    assert_eq!(usage.code, Some(2), "{usage:?}");
}

#[test]
fn a_refused_token_says_what_to_do() {
    for (status, is_explained) in [("401 Unauthorized", true), ("400 Bad Request", false)] {
        let endpoint = Endpoint::with_status(status, "");
        let ended = call(&["send", "--url", &endpoint.url()]);
        assert_eq!(ended.code, Some(1));
        let hint = "is the SECRET KEY the same there, and the clock right?";
        assert_eq!(ended.stdout.contains(hint), is_explained, "{ended:?}");
    }
}

#[test]
fn a_page_is_cut_to_its_title() {
    for (page, shown) in [
        (
            "<!doctype html><title> 404 \u{1b} </title><p>long",
            r#"an HTML page with the title "404 \u{1b}""#,
        ),
        ("<html>long", "an HTML page with the title \"\""),
    ] {
        let endpoint = Endpoint::with_status("404 Not Found", page);
        let ended = call(&["send", "--url", &endpoint.url()]);
        assert_eq!(ended.stdout.lines().last(), Some(shown), "{ended:?}");
        let sent = call(&["send", "--url", &endpoint.url(), "--json"]).json();
        assert_eq!(sent["response"], page);
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let target = Endpoint::with_status("200 OK", "");
    let endpoint = Endpoint::responding_with(format!(
        "HTTP/1.1 301 Moved Permanently\r\nLocation: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        target.url()
    ));
    let ended = call(&["send", "--url", &endpoint.url()]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains("301 Moved Permanently"));
    let warning = format!("redirected to {}\nRespond at the first URL", target.url());
    assert!(ended.stdout.contains(&warning), "{ended:?}");
    assert!(target.requests.try_recv().is_err());
    let sent = call(&["send", "--url", &endpoint.url(), "--json"]).json();
    assert_eq!(sent["location"], target.url());
}

#[test]
fn responses_are_escaped_and_truncated() {
    let long = format!("\u{1b}[2J\u{9b}x{}", "y".repeat(5_000));
    let endpoint = Endpoint::with_status("500 Internal Server Error", &long);
    let ended = call(&["send", "--url", &endpoint.url()]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains(r"\u{1b}[2J\u{9b}xyyy"), "{ended:?}");
    assert!(ended.stdout.ends_with("yyy (truncated)\n"));
    assert!(ended.stdout.len() < 3_000);
    let sent = call(&["send", "--url", &endpoint.url(), "--json"]).json();
    assert_eq!(sent["response_truncated"], true);
}

#[test]
fn proxies_are_not_used_for_loopback() {
    let endpoint = Endpoint::with_status("200 OK", "");
    let mut command = program(&["send", "--url", &endpoint.url()]);
    // Nothing listens there.
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        command.env(name, "http://127.0.0.1:1");
    }
    let ended = run(&mut command, b"");
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn a_missing_response_times_out() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    call(&["send", "--url", &url, "--timeout", "1"]).fails("no response within 1 s");
}

#[test]
fn an_incomplete_response_still_has_its_status() {
    let endpoint = Endpoint::responding_with("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart");
    let ended = call(&["send", "--url", &endpoint.url()]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.stdout.ends_with("\npart (truncated)\n"), "{ended:?}");
}
