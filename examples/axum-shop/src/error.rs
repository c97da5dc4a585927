use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use cryptocloud_postback_axum::inbox::{StoreError, StoreErrorKind};

/// The response to a request that failed. What caused it is in the log.
#[derive(Debug)]
pub struct Error(pub(crate) StatusCode, pub(crate) String);

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self(StatusCode::NOT_FOUND, "no such order".into()),
            sqlx::Error::Database(cause) if cause.is_unique_violation() => Self(
                StatusCode::CONFLICT,
                "another order has this id or invoice".into(),
            ),
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
                tracing::error!(error = &error as &dyn std::error::Error, "request failed");
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        Self(status, error.to_string())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}
