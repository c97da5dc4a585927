use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use cryptocloud_postback_actix_web::inbox::{StoreError, StoreErrorKind};
use cryptocloud_postback_api::ApiError;

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

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Api(_) => StatusCode::BAD_GATEWAY,
            Self::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Inbox(error) => match error.kind() {
                StoreErrorKind::NotFound => StatusCode::NOT_FOUND,
                StoreErrorKind::Refused(_) => StatusCode::CONFLICT,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            },
            Self::Refused(status, _) => *status,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if self.status_code().is_server_error() {
            tracing::error!(error = self as &dyn std::error::Error, "request failed");
        }
        HttpResponse::build(self.status_code()).body(self.to_string())
    }
}
