use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, RETRY_AFTER},
        header::{WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cryptocloud_postback::{ANSWER_CONTENT_TYPE, ErrorKind, RECEIVED_BODY};

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
    /// The response of the adapters to a genuine postback.
    pub(super) fn received() -> Self {
        Self::json(StatusCode::OK, RECEIVED_BODY.into())
    }

    /// The response of the adapters to a postback that is refused.
    pub(super) fn refused(kind: ErrorKind) -> Self {
        let status = StatusCode::from_u16(kind.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
        let headers = kind.headers().iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        let headers: HeaderMap = headers.collect();
        Self {
            headers: Headers::keep(&headers),
            ..Self::json(status, kind.body_text())
        }
    }

    /// An error that is not the postback's.
    pub(super) fn error(status: StatusCode, text: &str) -> Self {
        Self::json(status, serde_json::json!({ "error": text }).to_string())
    }

    pub(super) fn json(status: StatusCode, body: String) -> Self {
        let content_type = HeaderValue::from_static(ANSWER_CONTENT_TYPE);
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
        Self {
            body: body.into(),
            headers: Headers::keep(&headers),
            status,
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
