//! What is tried again, and when.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::{ApiError, ApiErrorKind};

/// Whether a request may be repeated although the vendor may have received it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Repeat {
    /// It changes nothing.
    Always,
    /// The vendor documents no key by which it would know a request again.
    UnlessReceived,
}

impl Repeat {
    pub(crate) fn allows(self, error: &ApiError) -> bool {
        match error.kind() {
            // A 429 says that the request was not processed.
            ApiErrorKind::RateLimited => true,
            ApiErrorKind::Connection => self == Self::Always || !error.was_sent,
            ApiErrorKind::Server => self == Self::Always,
            _ => false,
        }
    }
}

/// When to try again: after the backoff, or when the vendor says; `None` if that is too far away.
pub(crate) fn wait(error: &ApiError, backoff: Option<Duration>) -> Option<Duration> {
    let backoff = backoff?;
    match error.retry_after {
        Some(asked) => (asked <= LONGEST_WAIT).then(|| asked.max(backoff)),
        None => Some(backoff),
    }
}

/// Reads `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than fits is the longest, too.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let date = httpdate::parse_http_date(text).ok()?;
        date.duration_since(now).unwrap_or_default()
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

/// A call waits no longer than this for the vendor; its caller comes again.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn seconds_or_a_date_and_at_most_an_hour() {
        #[track_caller]
        fn check(value: &[u8], seconds: Option<u64>) {
            let mut headers = HeaderMap::new();
            headers.extend(
                HeaderValue::from_bytes(value)
                    .ok()
                    .map(|v| (RETRY_AFTER, v)),
            );
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_262_995);
            let wait = retry_after(&headers, now);
            assert_eq!(wait, seconds.map(Duration::from_secs), "{value:?}");
        }
        check(b"0", Some(0));
        check(b" 120 ", Some(120));
        check(b"31536000", Some(3_600));
        check(b"99999999999999999999999999", Some(3_600));
        check(b"Thu, 01 Jan 2026 10:23:25 GMT", Some(10));
        check(b"Thu, 01 Jan 2026 10:23:05 GMT", Some(0));
        check(b"Fri, 01 Jan 2027 10:23:05 GMT", Some(3_600));
        check(b"-1", None);
        check(b"1.5", None);
        check(b"soon", None);
        check(b"\xff", None);
    }

    #[test]
    fn how_long_to_wait() {
        #[track_caller]
        fn check(retry_after: Option<u64>, backoff: Option<u64>, expected: Option<u64>) {
            let error = ApiError {
                retry_after: retry_after.map(Duration::from_secs),
                ..ApiError::new(ApiErrorKind::RateLimited)
            };
            let actual = wait(&error, backoff.map(Duration::from_secs));
            assert_eq!(actual, expected.map(Duration::from_secs));
        }
        check(None, Some(1), Some(1));
        check(Some(0), Some(1), Some(1));
        check(Some(5), Some(1), Some(5));
        check(Some(6), Some(1), None);
        check(Some(1), None, None);
    }

    #[test]
    fn what_may_be_repeated() {
        for kind in ApiErrorKind::ALL {
            let sent = ApiError::new(*kind);
            let is_transient = matches!(
                kind,
                ApiErrorKind::Connection | ApiErrorKind::RateLimited | ApiErrorKind::Server
            );
            assert_eq!(Repeat::Always.allows(&sent), is_transient, "{kind:?}");
            let is_limit = *kind == ApiErrorKind::RateLimited;
            assert_eq!(Repeat::UnlessReceived.allows(&sent), is_limit, "{kind:?}");
        }
        let unsent = ApiError {
            was_sent: false,
            ..ApiError::new(ApiErrorKind::Connection)
        };
        assert!(Repeat::UnlessReceived.allows(&unsent));
    }
}
