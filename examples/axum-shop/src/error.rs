use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use cryptocloud_postback_api::ApiError;
use cryptocloud_postback_axum::inbox::{StoreError, StoreErrorKind};

/// Why a request failed. What caused a 5xx is in the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("database failed")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Inbox(#[from] StoreError),
    #[error("{1}")]
    Refused(StatusCode, &'static str),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Api(_) => StatusCode::BAD_GATEWAY,
            Self::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Inbox(error) => match error.kind() {
                StoreErrorKind::NotFound => StatusCode::NOT_FOUND,
                StoreErrorKind::Refused(_) => StatusCode::CONFLICT,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            },
            Self::Refused(status, _) => *status,
        };
        if status.is_server_error() {
            tracing::error!(error = &self as &dyn std::error::Error, "request failed");
        }
        (status, self.to_string()).into_response()
    }
}
