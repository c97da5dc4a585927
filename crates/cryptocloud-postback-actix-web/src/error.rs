use std::{error, fmt};

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use cryptocloud_postback::{Error, ErrorKind};

/// Why a request did not reach the handler.
#[derive(Debug)]
pub struct PostbackError(Error);

impl PostbackError {
    /// What was wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    /// The JSON body of the answer.
    #[must_use]
    pub fn body_text(&self) -> String {
        self.kind().body_text()
    }

    /// The error of the core, with what was read before it.
    #[must_use]
    pub fn into_inner(self) -> Error {
        self.0
    }
}

impl From<Error> for PostbackError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl ResponseError for PostbackError {
    fn status_code(&self) -> StatusCode {
        // Core's codes are all statuses; an unknown one would still refuse.
        StatusCode::from_u16(self.kind().status_code()).unwrap_or(StatusCode::BAD_REQUEST)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        for header in self.kind().headers() {
            response.insert_header(*header);
        }
        response.body(self.body_text())
    }
}

impl fmt::Display for PostbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postback refused")
    }
}

impl error::Error for PostbackError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.0)
    }
}
