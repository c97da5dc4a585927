use axum_core::{
    body::Body,
    response::{IntoResponse, Response},
};
use cryptocloud_postback::{Error, ErrorKind};
use http::{HeaderMap, StatusCode};

/// Why a request did not reach the handler.
///
/// `Display` says what was wrong. The response says less: every fault of the token looks the same.
///
/// # Examples
///
/// A response of your own keeps the status and the headers, such as `Allow` and `WWW-Authenticate`:
///
/// ```
/// use axum::response::{IntoResponse, Response};
/// use cryptocloud_postback_axum::{PostbackRejection, Received, VerifiedPostback};
///
/// async fn paid(postback: Result<VerifiedPostback, PostbackRejection>) -> Response {
///     match postback {
///         Ok(_) => Received.into_response(),
///         Err(rejection) => {
///             let body = r#"{"error":"see the log"}"#;
///             (rejection.status(), rejection.headers(), body).into_response()
///         }
///     }
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct PostbackRejection(#[from] Error);

impl PostbackRejection {
    /// What was wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    /// The response: status, headers and body.
    pub fn response(&self) -> cryptocloud_postback::Response {
        self.kind().response()
    }

    /// The headers of the response.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        Response::<Body>::from(self.response())
            .into_parts()
            .0
            .headers
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        Response::<Body>::from(self.response()).status()
    }

    /// The error of the core, with what was read before it.
    #[must_use]
    pub fn into_inner(self) -> Error {
        self.0
    }
}

impl IntoResponse for PostbackRejection {
    fn into_response(self) -> Response {
        self.response().into()
    }
}
