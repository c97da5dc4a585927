use std::fs;

use reqwest::{Method, header};
use serde_json::json;

use super::Demo;
use crate::{Server, TestResult};

/// What a page of another website can make a browser send.
#[tokio::test]
async fn other_websites_are_refused() -> TestResult {
    let server = Server::start("guard").await?;
    let demo = Demo::start(&server).await?;
    demo.order("A").await?;
    let body = json!({"order_id": "A", "kind": "payment", "format": "json"}).to_string();
    let order = json!({"id": "B", "amount": "1", "currency": "BTC"}).to_string();
    let own = format!("http://{}", demo.address);
    for (path, body) in [("/simulate", &body), ("/orders", &order)] {
        let send = async |kind, headers: &[(header::HeaderName, &str)]| -> TestResult<u16> {
            let mut request = demo.request(Method::POST, path).body(body.clone());
            request = request.header(header::CONTENT_TYPE, kind);
            for (name, value) in headers {
                request = request.header(name, *value);
            }
            Ok(request.send().await?.status().as_u16())
        };
        let json = "application/json";
        for (kind, headers, status) in [
            (
                json,
                [(header::ORIGIN, "http://evil.example")].as_slice(),
                403,
            ),
            (json, &[(header::ORIGIN, "null")], 403),
            (json, &[(header::HOST, "evil.example")], 403),
            (
                json,
                &[
                    (header::HOST, "evil.example"),
                    (header::ORIGIN, "http://evil.example"),
                ],
                403,
            ),
            // What a browser sends without asking first.
            ("text/plain", &[], 415),
            ("application/x-www-form-urlencoded", &[], 415),
            ("multipart/form-data; boundary=a", &[], 415),
        ] {
            assert_eq!(
                send(kind, headers).await?,
                status,
                "{path} {kind} {headers:?}"
            );
        }
        // A browser asks so before it sends JSON, and nothing grants it.
        let response = demo.request(Method::OPTIONS, path).send().await?;
        assert_eq!(response.status(), 405);
        assert!(
            !response
                .headers()
                .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
        );
    }
    let state = demo.state().await?;
    assert_eq!(state["orders"].as_array().map(Vec::len), Some(1));
    assert_eq!(state["deliveries"], json!([]));
    for path in ["/", "/page.json", "/events", "/orders"] {
        let request = demo
            .request(Method::GET, path)
            .header(header::HOST, "evil.example");
        assert_eq!(request.send().await?.status(), 403, "{path}");
    }
    // The vendor calls the shop by its public name.
    let request = demo
        .request(Method::POST, "/postback")
        .header(header::HOST, "shop.example");
    assert_eq!(request.send().await?.status(), 415);
    let request = demo
        .request(Method::POST, "/simulate")
        .header(header::ORIGIN, own);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    assert_eq!(request.body(body).send().await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn the_page_calls_nobody_and_is_kept_by_nobody() -> TestResult {
    let server = Server::start("page").await?;
    let demo = Demo::start(&server).await?;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/page.css", "text/css; charset=utf-8"),
        ("/page.js", "text/javascript; charset=utf-8"),
        ("/orders.js", "text/javascript; charset=utf-8"),
        ("/page.json", "application/json"),
        ("/events", "text/event-stream"),
    ] {
        let response = demo.request(Method::GET, path).send().await?;
        let headers = response.headers();
        assert_eq!(headers[header::CONTENT_TYPE], kind, "{path}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store", "{path}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer", "{path}");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str()?;
        assert!(
            policy.starts_with("default-src 'none';"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
    }
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/page"))? {
        let path = file?.path();
        let text = fs::read_to_string(&path)?;
        for name in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ] {
            assert!(!text.contains(name), "{path:?}: {name}");
        }
    }
    Ok(())
}
