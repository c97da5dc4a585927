use std::{error, fmt, time::Duration};

/// Why a [`Handler`](crate::Handler) did not process a payment, and what happens next.
///
/// Any error becomes a retry through `?`.
/// Like `anyhow::Error`, it is no [`Error`](error::Error) itself, or that conversion could not exist.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback_inbox::Failure;
///
/// fn find(order: Option<u64>) -> Result<u64, Failure> {
///     order.ok_or_else(|| Failure::hold("no such order"))
/// }
/// assert_eq!(find(None).unwrap_err().to_string(), "no such order");
/// ```
#[derive(Debug)]
#[must_use]
pub struct Failure {
    error: Box<dyn error::Error + Send + Sync>,
    kind: FailureKind,
}

impl Failure {
    /// Holds the payment for review: an operator decides. Use it for what no retry can mend, such as
    /// a payment that matches no order.
    pub fn hold(reason: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::new(FailureKind::Hold, reason)
    }

    /// Tries again later, and counts the attempt. This is what `?` does.
    pub fn retry(error: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::new(FailureKind::Retry, error)
    }

    /// Tries again after this delay, at least a second, and does not count the attempt. Use it if
    /// another service is down: such a payment is tried for as long as it takes.
    pub fn postpone(
        delay: Duration,
        reason: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        Self::new(FailureKind::Postpone(delay), reason)
    }

    fn new(kind: FailureKind, error: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self {
            error: error.into(),
            kind,
        }
    }

    /// What happens next.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// The error.
    #[must_use]
    pub fn error(&self) -> &(dyn error::Error + Send + Sync + 'static) {
        &*self.error
    }

    /// The error and its sources on one line, cut after 500 bytes, for the store and the log.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut text = self.error.to_string();
        let mut source = self.error.source();
        while let Some(error) = source {
            let cause = error.to_string();
            // Some errors, as those of sqlx, say their cause themselves.
            if !text.ends_with(&cause) {
                text.push_str(": ");
                text.push_str(&cause);
            }
            source = error.source();
        }
        one_line(&text)
    }
}

impl<E: error::Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::retry(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

/// What happens to a payment whose handler failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FailureKind {
    /// It is held for review.
    Hold,
    /// It is tried again after this delay, and the attempt does not count.
    Postpone(Duration),
    /// It is tried again later.
    Retry,
}

/// The text on one line, cut after 500 bytes, for the store and the log.
pub(crate) fn one_line(text: &str) -> String {
    // PostgreSQL cannot store NUL, and a line break would forge a line in a log.
    let mut text = text.replace(char::is_control, " ");
    text.truncate(text.floor_char_boundary(MAX_BYTES));
    text
}

const MAX_BYTES: usize = 500;

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn any_error_is_a_retry() {
        let fail = || -> Result<(), Failure> { Err(io::Error::other("disk\0full\n"))? };
        let failure = fail().err().unwrap_or_else(|| Failure::hold(""));
        assert_eq!(failure.kind(), FailureKind::Retry);
        assert_eq!(failure.describe(), "disk full ");
    }

    #[test]
    fn a_cause_is_not_said_twice() {
        #[derive(Debug)]
        struct Database(io::Error);

        impl fmt::Display for Database {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "error returned from database: {}", self.0)
            }
        }

        impl error::Error for Database {
            fn source(&self) -> Option<&(dyn error::Error + 'static)> {
                Some(&self.0)
            }
        }

        let failure = Failure::retry(Database(io::Error::other("disk full")));
        assert_eq!(
            failure.describe(),
            "error returned from database: disk full"
        );
    }

    #[test]
    fn descriptions_are_cut_between_characters() {
        let failure = Failure::hold("ж".repeat(400));
        assert_eq!(failure.describe(), "ж".repeat(250));
    }
}
