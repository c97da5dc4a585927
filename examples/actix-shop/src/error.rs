use std::{error, fmt};

use actix_web::{ResponseError, http::StatusCode};
use cryptocloud_postback_actix_web::inbox::{StoreError, StoreErrorKind};

/// The response to a request that failed. What caused it is in the log.
#[derive(Debug)]
pub(crate) struct Error(pub(crate) StatusCode, pub(crate) String);

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self(StatusCode::NOT_FOUND, "no such order".into()),
            sqlx::Error::Database(cause) if cause.is_unique_violation() => {
                let text = "another order has this id or invoice";
                Self(StatusCode::CONFLICT, text.into())
            }
            _ => StoreError::new(StoreErrorKind::Unavailable, error).into(),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let status = match error.kind() {
            StoreErrorKind::NotFound => StatusCode::NOT_FOUND,
            StoreErrorKind::Refused(_) => StatusCode::CONFLICT,
            _ => {
                tracing::error!(error = &error as &dyn error::Error, "request failed");
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        Self(status, error.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.0
    }
}
