use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{CONTENT_TYPE, HOST, ORIGIN},
        uri::Authority,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::server;

/// Protects a local server on this address from other sites, which could reach it through the user's
/// browser, by its address or by a name that resolves to it (DNS rebinding).
///
/// A request passes if its `Host` is this address or `localhost`, its `Origin`, if present, is the same,
/// no proxy has forwarded it and, if it is neither GET nor HEAD, its `Content-Type` is
/// `application/json`. What gets into a page by mistake can neither run nor send anything elsewhere.
pub async fn guard(State(address): State<SocketAddr>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_change = !matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if !is_own(headers, address) {
        let text = format!("open this page at {}/", server::origin(address));
        error(StatusCode::FORBIDDEN, &text)
    } else if is_change && !is_json(headers) {
        let text = "the Content-Type must be application/json";
        error(StatusCode::UNSUPPORTED_MEDIA_TYPE, text)
    } else {
        next.run(request).await
    };
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// A JSON response with this error.
pub(crate) fn error(status: StatusCode, text: &str) -> Response {
    let body = serde_json::json!({ "error": text }).to_string();
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// Whether `Host` is this server and `Origin`, if present, is its page.
fn is_own(headers: &HeaderMap, address: SocketAddr) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else {
        return false;
    };
    // A proxy or a tunnel would expose the page, whatever Host it sends.
    let is_proxied = PROXIES.iter().any(|name| headers.contains_key(*name));
    let is_same = |origin: &HeaderValue| origin.as_bytes() == format!("http://{host}").as_bytes();
    !is_proxied && is_own_host(host, address) && headers.get_all(ORIGIN).iter().all(is_same)
}

fn is_own_host(host: &str, address: SocketAddr) -> bool {
    let Ok(host) = host.parse::<Authority>() else {
        return false;
    };
    let name = host.host();
    let ip: Option<IpAddr> = name.trim_matches(['[', ']']).parse().ok();
    let is_local = name.eq_ignore_ascii_case("localhost") || ip.is_some_and(|ip| ip.is_loopback());
    let bound = address.ip();
    if bound.is_unspecified() {
        // Every address may be ours, and a container may map the port, but no name is ours.
        return is_local || ip.is_some();
    }
    let port = host.port_u16().unwrap_or(80);
    port == address.port() && (ip == Some(bound) || (bound.is_loopback() && is_local))
}

/// A site can send other types without a CORS preflight; a preflight for this type fails.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"))
}

const PROXIES: [&str; 3] = ["forwarded", "x-forwarded-for", "x-forwarded-host"];

const HEADERS: [(&str, &str); 5] = [
    ("cache-control", "no-store"),
    ("content-security-policy", POLICY),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

/// Allows only the files of this server, and connections only to it.
const POLICY: &str = "default-src 'none'; connect-src 'self'; img-src data:; script-src 'self'; \
                      style-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'";
