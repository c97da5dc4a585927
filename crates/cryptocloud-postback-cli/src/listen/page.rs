use std::sync::LazyLock;

use axum::{
    http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// Serves the page as one document.
pub(super) async fn show() -> Response {
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (CONTENT_TYPE, "text/html; charset=utf-8"),
    ];
    (headers, PAGE.as_str()).into_response()
}

static PAGE: LazyLock<String> = LazyLock::new(|| {
    include_str!("page/page.html")
        .replace("{style}", STYLE)
        .replace("{script}", SCRIPT)
});

/// Allows only this script, and connections only to this server.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'",
        hash(SCRIPT),
        hash(STYLE)
    )
});

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

const SCRIPT: &str = concat!(include_str!("page/page.js"), include_str!("page/detail.js"));
const STYLE: &str = include_str!("page/page.css");
