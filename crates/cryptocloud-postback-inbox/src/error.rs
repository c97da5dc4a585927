use std::{error, fmt};

/// Why a store did not do what it was asked to.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

impl StoreError {
    /// With the error of the database below.
    #[must_use]
    pub fn new(
        kind: StoreErrorKind,
        source: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            source: Some(source.into()),
        }
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl From<StoreErrorKind> for StoreError {
    fn from(kind: StoreErrorKind) -> Self {
        Self { kind, source: None }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl error::Error for StoreError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

/// What went wrong in a store.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store holds something that this version cannot read.
    Corrupt,
    /// The store is at its capacity, or keeps as many reports of this invoice as it may.
    Full,
    /// There is no such conflict, or it is settled.
    NotFound,
    /// The lease ran out and another worker took over, or it was completed or released before.
    StaleLease,
    /// The store did not answer in time; whether it did what it was asked to is not known.
    TimedOut,
    /// The store could not be reached, or refused.
    Unavailable,
}

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Corrupt => "store holds something unreadable",
            Self::Full => "store is full",
            Self::NotFound => "there is no such open conflict",
            Self::StaleLease => "lease is stale: the claim is no longer held by this worker",
            Self::TimedOut => "store did not answer in time",
            Self::Unavailable => "store is unavailable",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn display_does_not_repeat_the_source() {
        let error = StoreError::new(StoreErrorKind::Unavailable, "connection refused");
        assert_eq!(error.to_string(), "store is unavailable");
        let source = error.source().map(ToString::to_string);
        assert_eq!(source.as_deref(), Some("connection refused"));
        assert!(StoreError::from(StoreErrorKind::Full).source().is_none());
    }
}
