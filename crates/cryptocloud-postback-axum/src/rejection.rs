use std::{error, fmt};

use axum_core::response::{IntoResponse, Response};
use cryptocloud_postback::{Error, ErrorKind};
use http::{HeaderName, HeaderValue, StatusCode};

/// Why a request did not reach the handler.
#[derive(Debug)]
pub struct PostbackRejection(Error);

impl PostbackRejection {
    /// What was wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        // Core's codes are all statuses; an unknown one would still refuse.
        StatusCode::from_u16(self.kind().status_code()).unwrap_or(StatusCode::BAD_REQUEST)
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

impl From<Error> for PostbackRejection {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for PostbackRejection {
    fn into_response(self) -> Response {
        let mut response = (self.status(), self.body_text()).into_response();
        for (name, value) in self.kind().headers() {
            response.headers_mut().insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        response
    }
}

impl fmt::Display for PostbackRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postback refused")
    }
}

impl error::Error for PostbackRejection {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.0)
    }
}
