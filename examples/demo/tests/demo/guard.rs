use std::fs;

use reqwest::{Method, header};
use serde_json::json;

use crate::{Server, TestResult};

/// Requests that another website can make a browser send.
#[tokio::test]
async fn other_websites_are_refused() -> TestResult {
    let server = Server::start().await?;
    server.order("A").await?;
    let body = json!({"button": "payment", "order_id": "A"}).to_string();
    let accept = json!({"amount": "12.5"}).to_string();
    let order = json!({"id": "B", "amount": "1", "currency": "USD"}).to_string();
    let outage = json!({"is_down": true}).to_string();
    let own = format!("http://{}", server.address);
    for (path, body) in [
        ("/press", &body),
        ("/orders", &order),
        ("/held/1/accept", &accept),
        ("/outage", &outage),
        ("/vendor/v2/invoice/create", &order),
    ] {
        let send = async |kind, headers: &[(header::HeaderName, &str)]| -> TestResult<u16> {
            let mut request = server.request(Method::POST, path).body(body.clone());
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
            // What a browser sends without a preflight request.
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
        // The preflight request for JSON, which nothing grants.
        let response = server.request(Method::OPTIONS, path).send().await?;
        assert_eq!(response.status(), 415);
        assert!(
            !response
                .headers()
                .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
        );
    }
    assert_eq!(
        server.get("/orders").await?.as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(server.get("/page.json").await?["entries"], json!([]));
    for path in [
        "/",
        "/page.json",
        "/events",
        "/orders",
        "/held",
        "/vendor/pay/INV-1",
    ] {
        let request = server
            .request(Method::GET, path)
            .header(header::HOST, "evil.example");
        assert_eq!(request.send().await?.status(), 403, "{path}");
    }
    let request = server
        .request(Method::POST, "/press")
        .header(header::ORIGIN, own);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    assert_eq!(request.body(body).send().await?.status(), 204);
    Ok(())
}

#[tokio::test]
async fn the_page_is_not_cached_and_loads_nothing_from_elsewhere() -> TestResult {
    let server = Server::start().await?;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/page/demo.css", "text/css; charset=utf-8"),
        ("/page/demo.js", "text/javascript; charset=utf-8"),
        ("/page/orders.js", "text/javascript; charset=utf-8"),
        ("/page.json", "application/json"),
        ("/events", "text/event-stream"),
    ] {
        let response = server.request(Method::GET, path).send().await?;
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
