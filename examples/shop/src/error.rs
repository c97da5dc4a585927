use std::error;

use cryptocloud_postback_api::ApiError;
use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};

/// Any error, of which the caller only needs the text.
pub type BoxError = Box<dyn error::Error + Send + Sync>;

/// Why a request failed. What caused a 5xx is in the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The vendor's API failed.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A statement of the shop's own failed.
    #[error("database failed")]
    Database(#[from] sqlx::Error),
    /// The inbox failed or refused a decision.
    #[error(transparent)]
    Inbox(#[from] StoreError),
    /// The request cannot be fulfilled, with this status.
    #[error("{1}")]
    Refused(u16, &'static str),
}

impl Error {
    /// The status and the text of the response. Logs a 5xx.
    pub(crate) fn response(&self) -> (u16, String) {
        let status = match self {
            Self::Api(_) => 502,
            Self::Database(_) => 503,
            Self::Inbox(error) => match error.kind() {
                StoreErrorKind::NotFound => 404,
                StoreErrorKind::Refused(_) => 409,
                _ => 503,
            },
            Self::Refused(status, _) => *status,
        };
        if status >= 500 {
            tracing::error!(error = self as &dyn error::Error, "request failed");
        }
        (status, self.to_string())
    }
}

/// For `map_err`: names the setting to correct.
pub fn in_setting<E: Into<BoxError>>(name: &str) -> impl Fn(E) -> String {
    move |error| format!("{name}: {}", one_line(&*error.into()))
}

/// An error and what caused it.
pub(crate) fn one_line(error: &dyn error::Error) -> String {
    let cause = error.source().map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}
