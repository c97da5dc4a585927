use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header::HeaderMap},
};
use cryptocloud_postback::{Error, ErrorKind, Response};

use crate::response;

/// Why a request did not reach the handler.
///
/// `Display` says what was wrong. The response says less: every fault of the token looks the same.
/// [`PostbackConfig::error_handler`](crate::PostbackConfig::error_handler) shows how to change it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct PostbackError(#[from] Error);

impl PostbackError {
    /// What was wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    /// The response: status, headers and body.
    pub fn response(&self) -> Response {
        self.kind().response()
    }

    /// The headers of the response.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        self.error_response().headers().clone()
    }

    /// The error of the core, with what was read before it.
    #[must_use]
    pub fn into_inner(self) -> Error {
        self.0
    }
}

impl ResponseError for PostbackError {
    fn status_code(&self) -> StatusCode {
        response::status(self.response())
    }

    fn error_response(&self) -> HttpResponse {
        response::convert(self.response())
    }
}
