use std::{convert::Infallible, error::Error as _};

use axum::{
    Json,
    extract::rejection::JsonRejection,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use cryptocloud_postback_axum::core;
use cryptocloud_postback_inbox::{InboxError, StoreError, StoreErrorKind};
use cryptocloud_postback_sqlx::sqlx;
use serde_json::json;

/// Why the shop did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The body is no order, and is answered with this status.
    #[error("body is not an order")]
    Body(StatusCode),
    /// There is an order with this id.
    #[error("order exists")]
    Exists,
    /// The claim or the database failed: never answer 200.
    #[error(transparent)]
    Inbox(#[from] InboxError<Infallible>),
    /// A field of the order is not good.
    #[error("{0}")]
    Invalid(&'static str),
    /// The simulator could not send.
    #[error("simulated postback was not sent")]
    Simulator(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There is no such order.
    #[error("there is no such order")]
    Unknown,
}

/// Of the clock, which the simulator asks.
impl From<core::Error> for Error {
    fn from(error: core::Error) -> Self {
        Self::Simulator(error.into())
    }
}

impl From<JsonRejection> for Error {
    fn from(rejection: JsonRejection) -> Self {
        Self::Body(rejection.status())
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Self::Simulator(error.into())
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Inbox(error.into())
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        StoreError::new(StoreErrorKind::Unavailable, error).into()
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, text) = match &self {
            Self::Body(StatusCode::PAYLOAD_TOO_LARGE) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "Body too large")
            }
            Self::Body(StatusCode::UNSUPPORTED_MEDIA_TYPE) => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Unsupported content type",
            ),
            Self::Body(StatusCode::UNPROCESSABLE_ENTITY) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "Invalid order")
            }
            Self::Body(status) => (*status, "Invalid JSON"),
            Self::Exists => (StatusCode::CONFLICT, "Order exists"),
            Self::Inbox(error) => (
                StatusCode::from_u16(error.status_code())
                    .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                error.public_message(),
            ),
            Self::Invalid(text) => (StatusCode::UNPROCESSABLE_ENTITY, *text),
            Self::Simulator(_) => (StatusCode::BAD_GATEWAY, "Postback was not sent"),
            Self::Unknown => (StatusCode::NOT_FOUND, "No such order"),
        };
        let mut response = (status, Json(json!({ "error": text }))).into_response();
        if let Self::Simulator(cause) = &self {
            tracing::error!(%cause, "{self}");
        }
        if let Self::Inbox(error) = &self {
            if let InboxError::Store(error) = error {
                let cause = error.source().map(tracing::field::display);
                tracing::error!(cause, "database failed: {error}");
            }
            if let Some(seconds) = error.retry_after() {
                let seconds = HeaderValue::from(seconds);
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
            }
        }
        response
    }
}
