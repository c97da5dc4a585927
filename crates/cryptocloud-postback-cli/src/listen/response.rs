use axum::{
    body::Body,
    http::{
        self, HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, RETRY_AFTER},
        header::{WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;

use super::headers::Headers;

/// A response to a postback, from us or from the server that it was forwarded to.
#[derive(Clone)]
pub(super) struct StoredResponse {
    pub(super) body: Bytes,
    pub(super) headers: Headers,
    pub(super) status: StatusCode,
    /// Whether the body was longer.
    pub(super) truncated: bool,
}

impl StoredResponse {
    /// An error that is not the postback's.
    pub(super) fn error(status: StatusCode, text: &str) -> Self {
        Self::json(status, serde_json::json!({ "error": text }).to_string())
    }

    /// The body, if it is HTML.
    pub(super) fn html(&self) -> Option<&str> {
        let kind = self.headers.get(&CONTENT_TYPE)?;
        let is_html = kind.as_bytes().starts_with(b"text/html");
        is_html.then_some(str::from_utf8(&self.body).ok()?)
    }

    pub(super) fn json(status: StatusCode, body: String) -> Self {
        let content_type = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
        Self {
            body: body.into(),
            headers: Headers::keep(&headers),
            status,
            truncated: false,
        }
    }
}

/// The response of the adapters.
impl From<cryptocloud_postback::Response> for StoredResponse {
    fn from(response: cryptocloud_postback::Response) -> Self {
        let (head, body) = http::Response::from(response).into_parts();
        Self {
            body,
            headers: Headers::keep(&head.headers),
            status: head.status,
            truncated: false,
        }
    }
}

impl IntoResponse for StoredResponse {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        for name in COPIED {
            if let Some(value) = self.headers.get(&name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        // A page from the forwarding target must not run in the origin of ours.
        let policy = HeaderValue::from_static("default-src 'none'; sandbox");
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, policy);
        let nosniff = HeaderValue::from_static("nosniff");
        response
            .headers_mut()
            .insert(X_CONTENT_TYPE_OPTIONS, nosniff);
        response
    }
}

/// Headers that matter to a sender; never cookies or CORS headers.
const COPIED: [HeaderName; 5] = [ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE];
