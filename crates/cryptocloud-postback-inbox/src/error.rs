use std::{error, fmt};

use crate::Refusal;

/// Why a store did not do what it was asked to.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

impl StoreError {
    /// With the database's error as the source.
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

    /// The refusal, if the transition table refused the event.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self.kind {
            StoreErrorKind::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> Self {
        StoreErrorKind::Refused(refusal).into()
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
    /// The store has a row that this version cannot read.
    Corrupt,
    /// The store has reached its capacity.
    Full,
    /// The store would lose data that it acknowledged, by its configuration.
    NotDurable,
    /// No report of the project has this id.
    NotFound,
    /// It is not known whether the change was committed. Make no further move for this claim.
    OutcomeUnknown,
    /// The store is read-only, for instance after a failover. Close the connection.
    ReadOnly,
    /// The transition table refused the event. Nothing changed.
    Refused(Refusal),
    /// The schema is missing.
    SchemaMissing,
    /// The schema is newer than this version of the program.
    SchemaTooNew,
    /// The schema is older than this version of the program.
    SchemaTooOld,
    /// The store did not do it in time. Nothing changed.
    TimedOut,
    /// The store could not be reached, or it failed. Nothing changed.
    Unavailable,
}

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Corrupt => "store has a row that cannot be read",
            Self::Full => "store is full",
            Self::NotDurable => "store is not configured to be durable",
            Self::NotFound => "no such report",
            Self::OutcomeUnknown => "outcome of the commit is unknown",
            Self::ReadOnly => "store is read-only",
            Self::Refused(refusal) => return refusal.fmt(f),
            Self::SchemaMissing => "schema is missing: run `ccpostback inbox migrate`",
            Self::SchemaTooNew => "schema is newer than this program: update the program",
            Self::SchemaTooOld => {
                "schema is older than this program: run `ccpostback inbox migrate`"
            }
            Self::TimedOut => "store timed out",
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

    #[test]
    fn refusals_keep_their_words() {
        let error = StoreError::from(Refusal::NotDue);
        assert_eq!(error.to_string(), "report is not due yet");
        assert_eq!(error.refusal(), Some(Refusal::NotDue));
    }
}
