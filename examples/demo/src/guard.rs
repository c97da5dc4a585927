//! Keeps other websites away from a page that needs no password.

use std::net::IpAddr;

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Passes requests on whose `Host` is `localhost` or an address, and whose `Origin`, if there is one, is
/// the same.
///
/// A website can point its own name at 127.0.0.1 (DNS rebinding), and can make a browser post here;
/// its name is then in one of the two.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    if is_own(request.headers()) {
        return next.run(request).await;
    }
    let text = "open this page as localhost or by an address";
    (StatusCode::FORBIDDEN, text).into_response()
}

fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().ok());
    let Some(host) = text(header::HOST).flatten().and_then(authority) else {
        return false;
    };
    let origin = match text(header::ORIGIN) {
        None => return is_local(&host),
        Some(origin) => origin.and_then(|origin| authority(origin.split_once("://")?.1)),
    };
    is_local(&host) && origin.is_some_and(|origin| origin == host)
}

fn authority(text: &str) -> Option<Authority> {
    text.parse().ok()
}

/// Any website may own a name other than `localhost`.
fn is_local(host: &Authority) -> bool {
    let name = host.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(host: Option<&'static str>, origin: Option<&'static str>, expected: bool) {
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::HOST, host), (header::ORIGIN, origin)] {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
        assert_eq!(is_own(&headers), expected, "{host:?} {origin:?}");
    }

    #[test]
    fn own_pages_and_no_others() {
        for host in [
            "localhost:3000",
            "LOCALHOST",
            "127.0.0.1:3000",
            "[::1]:3000",
            "192.0.2.7",
        ] {
            check(Some(host), None, true);
            check(Some(host), Some("http://evil.example"), false);
            check(Some(host), Some("null"), false);
            check(Some(host), Some(""), false);
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "",
            "a b",
        ] {
            check(Some(host), None, false);
        }
        check(None, None, false);
        check(Some("127.0.0.1:3000"), Some("http://127.0.0.1:3000"), true);
        check(Some("localhost"), Some("https://localhost"), true);
        check(Some("127.0.0.1:3000"), Some("http://127.0.0.1:4000"), false);
        check(Some("127.0.0.1:3000"), Some("http://localhost:3000"), false);
        check(Some("evil.example"), Some("http://evil.example"), false);
    }
}
