use std::time::Duration;

use cryptocloud_postback::MAX_BODY_BYTES;
use http::Extensions;

/// How much of a body is read, and for how long.
///
/// The extractors take it from the extensions of the request, so it is set with the layer
/// `axum::Extension`; the innermost one applies.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use axum::{Extension, Router};
/// use cryptocloud_postback_axum::PostbackConfig;
///
/// let config = PostbackConfig::default()
///     .limit(16 * 1024)
///     .body_timeout(Duration::from_secs(5));
/// let app: Router = Router::new().layer(Extension(config));
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct PostbackConfig {
    pub(crate) body_timeout: Option<Duration>,
    pub(crate) limit: usize,
}

impl PostbackConfig {
    /// The time from the head of a request to the end of its body; a slower sender gets 408.
    ///
    /// Defaults to 10 s.
    /// `None` is for a runtime without tokio's timer, or if the server has such a deadline itself.
    pub fn body_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.body_timeout = timeout.into();
        self
    }

    /// The largest body in bytes; a larger one gets 413.
    ///
    /// Defaults to [`MAX_BODY_BYTES`], which is also the maximum.
    /// A lower `DefaultBodyLimit` of the app applies as well. In either case a body of up to 256 KiB
    /// is read to its end and dropped, so that the sender sees the response.
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes.min(MAX_BODY_BYTES);
        self
    }

    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_default()
    }
}

impl Default for PostbackConfig {
    fn default() -> Self {
        Self {
            body_timeout: Some(Duration::from_secs(10)),
            limit: MAX_BODY_BYTES,
        }
    }
}
