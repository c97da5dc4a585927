use std::{fmt, sync::Arc};

use actix_web::{Error, HttpRequest, web};
use cryptocloud_postback::MAX_BODY_BYTES;

use crate::PostbackError;

/// Settings of the extractors, for `app_data` of an app, a scope or a resource.
///
/// # Examples
///
/// ```
/// use actix_web::{App, error::InternalError, HttpResponse};
/// use cryptocloud_postback_actix_web::PostbackConfig;
///
/// let config = PostbackConfig::default()
///     .limit(16 * 1024)
///     .error_handler(|error, _request| {
///         let response = HttpResponse::BadRequest().finish();
///         InternalError::from_response(error, response).into()
///     });
/// let app = App::new().app_data(config);
/// ```
#[derive(Clone)]
#[must_use]
pub struct PostbackConfig {
    error_handler: Option<ErrorHandler>,
    limit: usize,
}

type ErrorHandler = Arc<dyn Fn(PostbackError, &HttpRequest) -> Error + Send + Sync>;

impl PostbackConfig {
    /// The largest body in bytes: at most, and unless this is called, [`MAX_BODY_BYTES`].
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes.min(MAX_BODY_BYTES);
        self
    }

    /// Makes the answer to a refused request.
    ///
    /// Whatever it makes, the handler does not run.
    pub fn error_handler<F>(mut self, handler: F) -> Self
    where
        F: Fn(PostbackError, &HttpRequest) -> Error + Send + Sync + 'static,
    {
        self.error_handler = Some(Arc::new(handler));
        self
    }

    pub(crate) fn of(request: &HttpRequest) -> Self {
        request
            .app_data::<Self>()
            .or_else(|| request.app_data::<web::Data<Self>>().map(|data| &***data))
            .cloned()
            .unwrap_or_default()
    }

    pub(crate) fn max_bytes(&self) -> usize {
        self.limit
    }

    pub(crate) fn answer(&self, error: PostbackError, request: &HttpRequest) -> Error {
        match &self.error_handler {
            Some(handler) => handler(error, request),
            None => error.into(),
        }
    }
}

impl Default for PostbackConfig {
    fn default() -> Self {
        Self {
            error_handler: None,
            limit: MAX_BODY_BYTES,
        }
    }
}

impl fmt::Debug for PostbackConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostbackConfig")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
