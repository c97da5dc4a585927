use std::{fmt, sync::Arc, time::Duration};

use actix_web::{Error, HttpRequest};
use cryptocloud_postback::{ErrorKind, MAX_BODY_BYTES};

use crate::{PostbackError, app_data};

/// How much of a body is read, for how long, and who responds to a refused request.
///
/// Put it into the `app_data` of an app, a scope or a resource, by itself or as
/// `web::Data<PostbackConfig>`, but in the same way throughout. The innermost one applies.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use actix_web::{App, HttpResponse, ResponseError, error::InternalError};
/// use cryptocloud_postback_actix_web::PostbackConfig;
///
/// let config = PostbackConfig::default()
///     .limit(16 * 1024)
///     .body_timeout(Duration::from_secs(5))
///     .error_handler(|error, _request| {
///         let response = error.error_response().set_body("see the log");
///         InternalError::from_response(error, response.map_into_boxed_body()).into()
///     });
/// let app = App::new().app_data(config);
/// ```
#[derive(Clone)]
#[must_use]
pub struct PostbackConfig {
    pub(crate) body_timeout: Option<Duration>,
    error_handler: Option<ErrorHandler>,
    pub(crate) limit: usize,
}

type ErrorHandler = Arc<dyn Fn(PostbackError, &HttpRequest) -> Error + Send + Sync>;

impl PostbackConfig {
    /// The time from the head of a request to the end of its body; a slower sender gets 408.
    ///
    /// Defaults to 10 s.
    /// `None` is for a server that has such a deadline itself.
    pub fn body_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.body_timeout = timeout.into();
        self
    }

    /// Builds the response to a refused request.
    ///
    /// Whatever it returns, the handler of the postback does not run.
    pub fn error_handler<F>(mut self, handler: F) -> Self
    where
        F: Fn(PostbackError, &HttpRequest) -> Error + Send + Sync + 'static,
    {
        self.error_handler = Some(Arc::new(handler));
        self
    }

    /// The largest body in bytes; a larger one gets 413.
    ///
    /// Defaults to [`MAX_BODY_BYTES`], which is also the maximum.
    /// A larger body of up to 256 KiB is read to its end and dropped, so that the sender sees the
    /// response.
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes.min(MAX_BODY_BYTES);
        self
    }

    pub(crate) fn of(request: &HttpRequest) -> Result<Self, ErrorKind> {
        Ok(app_data::find::<Self>(request)?
            .cloned()
            .unwrap_or_default())
    }

    pub(crate) fn response(&self, error: PostbackError, request: &HttpRequest) -> Error {
        match &self.error_handler {
            Some(handler) => handler(error, request),
            None => error.into(),
        }
    }
}

impl Default for PostbackConfig {
    fn default() -> Self {
        Self {
            body_timeout: Some(Duration::from_secs(10)),
            error_handler: None,
            limit: MAX_BODY_BYTES,
        }
    }
}

impl fmt::Debug for PostbackConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostbackConfig")
            .field("body_timeout", &self.body_timeout)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
