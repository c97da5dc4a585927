use std::time::Duration;

use crate::{StoreError, StoreErrorKind};

/// That a payment is processed: answer 200.
///
/// Closed by nature: it was processed now or before.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub enum Outcome<T> {
    /// It was processed before, so the handler did not run.
    Duplicate,
    /// The handler ran, and the store knows it.
    Handled(T),
}

/// That a payment is not known to be processed: do not answer 200.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InboxError<E> {
    /// The invoice is known with other fields, and the handler did not run.
    ///
    /// The report is kept, see [`Inbox::conflicts`](crate::Inbox::conflicts).
    #[error("invoice was reported before with other fields")]
    Conflict,
    /// The handler failed, and the claim was given back.
    #[error("handler failed")]
    Handler(#[source] E),
    /// Somebody is at it.
    #[error("payment is being processed")]
    InFlight {
        /// When that lease runs out, unless it is renewed.
        retry_after: Duration,
    },
    /// The runtime shut down while the handler ran.
    #[error("work was interrupted")]
    Interrupted,
    /// The handler panicked, and the claim was given back.
    #[error("handler panicked")]
    Panicked,
    /// The store failed: before the handler ran, or after it, when the store could not be told.
    #[error("store failed")]
    Store(#[from] StoreError),
}

impl<E> InboxError<E> {
    /// The status to answer with: 404, 409, 500 or 503.
    ///
    /// For [`Handler`](Self::Handler) it is 500, unless your own error knows better.
    #[must_use]
    pub fn status_code(&self) -> u16 {
        self.answer().0
    }

    /// A short text to answer with, which says nothing of the inside.
    #[must_use]
    pub fn public_message(&self) -> &'static str {
        self.answer().1
    }

    /// The JSON body to answer with: `{"error":"…"}`, as the core's errors have it.
    #[must_use]
    pub fn body_text(&self) -> String {
        format!(r#"{{"error":"{}"}}"#, self.public_message())
    }

    /// The value of `Retry-After` in whole seconds, for each answer 503 (RFC 9110 section 10.2.3).
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::InFlight { retry_after } => {
                let whole = retry_after.as_secs();
                let up = whole.saturating_add(u64::from(retry_after.subsec_nanos() > 0));
                Some(up.clamp(1, MAX_RETRY_AFTER))
            }
            _ => (self.status_code() == 503).then_some(MAX_RETRY_AFTER),
        }
    }

    fn answer(&self) -> (u16, &'static str) {
        match self {
            Self::Conflict => (409, "Conflicting postback"),
            Self::Handler(_) | Self::Panicked => (500, "Internal error"),
            Self::InFlight { .. } => (503, "Postback is being processed"),
            Self::Interrupted => UNAVAILABLE,
            Self::Store(error) => match error.kind() {
                StoreErrorKind::NotFound => (404, "Not found"),
                StoreErrorKind::Corrupt
                | StoreErrorKind::Full
                | StoreErrorKind::StaleLease
                | StoreErrorKind::TimedOut
                | StoreErrorKind::Unavailable => UNAVAILABLE,
            },
        }
    }
}

/// Most handlers are done long before their lease runs out.
const MAX_RETRY_AFTER: u64 = 5;
const UNAVAILABLE: (u16, &str) = (503, "Temporarily unavailable");

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[track_caller]
    fn check(error: InboxError<io::Error>, status: u16, retry_after: Option<u64>, text: &str) {
        assert_eq!(error.status_code(), status, "{error}");
        assert_eq!(error.retry_after(), retry_after, "{error}");
        assert_eq!(error.to_string(), text);
        assert!(error.body_text().starts_with(r#"{"error":""#));
    }

    fn in_flight(millis: u64) -> InboxError<io::Error> {
        InboxError::InFlight {
            retry_after: Duration::from_millis(millis),
        }
    }

    #[test]
    fn answers() {
        use StoreErrorKind::{Corrupt, Full, NotFound, StaleLease, TimedOut, Unavailable};
        check(
            InboxError::Conflict,
            409,
            None,
            "invoice was reported before with other fields",
        );
        check(in_flight(0), 503, Some(1), "payment is being processed");
        check(in_flight(1_001), 503, Some(2), "payment is being processed");
        check(
            in_flight(60_000),
            503,
            Some(5),
            "payment is being processed",
        );
        let failed = InboxError::Handler(io::Error::other("no"));
        check(failed, 500, None, "handler failed");
        check(InboxError::Panicked, 500, None, "handler panicked");
        check(
            InboxError::Interrupted,
            503,
            Some(5),
            "work was interrupted",
        );
        for kind in [Corrupt, Full, StaleLease, TimedOut, Unavailable] {
            check(InboxError::Store(kind.into()), 503, Some(5), "store failed");
        }
        check(
            InboxError::Store(NotFound.into()),
            404,
            None,
            "store failed",
        );
    }
}
