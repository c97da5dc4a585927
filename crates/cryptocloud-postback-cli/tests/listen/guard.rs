//! Other sites cannot read or change anything, even under a name that resolves to this server.

use std::net::SocketAddr;

use axum::{Router, body::Body, http::Request, middleware, routing::get};
use cryptocloud_postback_cli::guard;
use reqwest::{Method, StatusCode, header::HOST};
use tower::ServiceExt;

use crate::{TestResult, genuine, listener::Listener};

const PATHS: [(Method, &str); 9] = [
    (Method::GET, "/"),
    (Method::GET, "/api/postbacks"),
    (Method::GET, "/api/postbacks/1"),
    (Method::GET, "/api/events"),
    (Method::GET, "/api/export/postbacks.json"),
    (Method::GET, "/api/export/postback-1.sh"),
    (Method::GET, "/page/page.js"),
    (Method::POST, "/api/postbacks/1/resend"),
    (Method::DELETE, "/api/postbacks"),
];

#[tokio::test]
async fn foreign_hosts_and_origins_are_refused() -> TestResult {
    let listener = Listener::start(&[])?;
    listener.post(&genuine("GENUINE1")).await?;
    let port = listener.origin.rsplit(':').next().ok_or("no port")?;
    for (method, path) in PATHS {
        for (name, value) in [
            (HOST.as_str(), format!("evil.example:{port}")),
            (HOST.as_str(), "127.0.0.1:1".to_owned()),
            ("origin", "http://evil.example".to_owned()),
            ("origin", "null".to_owned()),
            ("origin", format!("https://127.0.0.1:{port}")),
            ("x-forwarded-for", "192.0.2.1".to_owned()),
        ] {
            let request = listener.own(method.clone(), path).header(name, &value);
            let response = request.send().await?;
            assert_eq!(
                response.status(),
                StatusCode::FORBIDDEN,
                "{path} {name}: {value}"
            );
            assert!(!response.text().await?.contains("GENUINE1"));
        }
        let own = listener.own(method.clone(), path);
        let own = own.header("origin", &listener.origin).send().await?;
        assert_ne!(own.status(), StatusCode::FORBIDDEN, "{path}");
        assert_eq!(own.headers()["x-content-type-options"], "nosniff");
        assert_eq!(own.headers()["cache-control"], "no-store");
        assert_eq!(own.headers()["referrer-policy"], "no-referrer");
        assert_eq!(own.headers()["cross-origin-resource-policy"], "same-origin");
    }
    Ok(())
}

#[tokio::test]
async fn requests_without_a_preflight_are_refused() -> TestResult {
    let listener = Listener::start(&[])?;
    listener.post(&genuine("GENUINE1")).await?;
    for (method, path) in [
        (Method::POST, "/api/postbacks/1/resend"),
        (Method::DELETE, "/api/postbacks"),
    ] {
        for kind in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
        ] {
            let request = listener
                .client
                .request(method.clone(), format!("{}{path}", listener.origin));
            let request = match kind {
                Some(kind) => request.header("content-type", kind),
                None => request,
            };
            let status = request.send().await?.status();
            assert_eq!(
                status,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "{path} {kind:?}"
            );
        }
        let preflight = listener.own(Method::OPTIONS, path);
        let preflight = preflight.header("access-control-request-method", method.as_str());
        let response = preflight
            .header("origin", "http://evil.example")
            .send()
            .await?;
        assert!(!response.status().is_success());
        assert!(
            !response
                .headers()
                .contains_key("access-control-allow-origin")
        );
    }
    let list = listener.get("/api/postbacks").await?;
    assert_eq!(list["postbacks"].as_array().map(Vec::len), Some(1));
    Ok(())
}

#[tokio::test]
async fn postbacks_are_accepted_under_any_host() -> TestResult {
    let listener = Listener::start(&[])?;
    let request = listener.client.post(&listener.url);
    let request = request
        .header(HOST, "tunnel.example")
        .header("x-forwarded-for", "192.0.2.1");
    let response = request
        .body(genuine("GENUINE1").json().body())
        .send()
        .await?;
    assert_eq!(response.status(), StatusCode::OK);
    // A page from the forwarding target must not run in this origin.
    assert_eq!(
        response.headers()["content-security-policy"],
        "default-src 'none'; sandbox"
    );
    Ok(())
}

#[tokio::test]
async fn the_page_runs_only_its_own_files() -> TestResult {
    let listener = Listener::start(&[])?;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/page/base.css", "text/css; charset=utf-8"),
        ("/page/dom.js", "text/javascript; charset=utf-8"),
        ("/page/page.js", "text/javascript; charset=utf-8"),
    ] {
        let response = listener.own(Method::GET, path).send().await?;
        assert_eq!(response.headers()["content-type"], kind);
        let policy = response.headers()["content-security-policy"].to_str()?;
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        let text = response.text().await?;
        for outside in ["http://", "https://", "innerHTML", "eval("] {
            assert!(!text.contains(outside), "{path}: {outside}");
        }
    }
    Ok(())
}

/// Also with addresses that this machine does not have.
#[tokio::test]
async fn hosts() -> TestResult {
    for (host, address, is_own) in [
        ("127.0.0.1:4000", "127.0.0.1:4000", true),
        ("LOCALHOST:4000", "127.0.0.1:4000", true),
        ("[::1]:4000", "[::1]:4000", true),
        ("localhost", "127.0.0.1:80", true),
        ("localhost", "127.0.0.1:4000", false),
        ("127.0.0.1:4001", "127.0.0.1:4000", false),
        ("127.0.0.1:x", "127.0.0.1:4000", false),
        ("192.0.2.1:4000", "127.0.0.1:4000", false),
        ("127.0.0.1.evil.example:4000", "127.0.0.1:4000", false),
        ("", "127.0.0.1:4000", false),
        ("localhost:4000", "192.0.2.1:4000", false),
        ("192.0.2.1:8080", "0.0.0.0:4000", true),
        ("[2001:db8::1]:4000", "[::]:4000", true),
        ("localhost:8080", "0.0.0.0:4000", true),
        ("evil.example:4000", "0.0.0.0:4000", false),
    ] {
        let bound: SocketAddr = address.parse()?;
        let guarded = Router::new()
            .route("/", get(async || "a page"))
            .layer(middleware::from_fn_with_state(bound, guard));
        let request = Request::get("/").header(HOST, host).body(Body::empty())?;
        let status = guarded.oneshot(request).await?.status();
        let expected = if is_own { 200 } else { 403 };
        assert_eq!(status, expected, "{host} {address}");
    }
    Ok(())
}
