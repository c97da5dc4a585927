use std::borrow::Cow;

use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};
use sqlx::error::DatabaseError;

/// What went wrong between a store and its database.
pub(crate) enum Failure {
    Database(sqlx::Error),
    Store(StoreError),
}

impl Failure {
    pub(crate) fn corrupt() -> Self {
        Self::Store(StoreErrorKind::Corrupt.into())
    }

    /// Whether another worker came between two statements, so that it is worth another try.
    pub(crate) fn is_race(&self) -> bool {
        // PostgreSQL's serialization_failure and deadlock_detected.
        let is_lost = |code: &str| matches!(code, "40001" | "40P01");
        self.is_taken() || self.code().as_deref().is_some_and(is_lost)
    }

    /// Whether another worker has inserted it first: the one race that is worth another try within the
    /// same transaction, whose locks and snapshot stay.
    pub(crate) fn is_taken(&self) -> bool {
        self.database()
            .is_some_and(|error| error.is_unique_violation())
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        self.database().and_then(|error| error.code())
    }

    fn database(&self) -> Option<&dyn DatabaseError> {
        match self {
            Self::Database(error) => error.as_database_error(),
            Self::Store(_) => None,
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreErrorKind> for Failure {
    fn from(kind: StoreErrorKind) -> Self {
        Self::Store(kind.into())
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let error = match failure {
            Failure::Database(error) => error,
            Failure::Store(error) => return error,
        };
        let kind = match error {
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::TypeNotFound { .. } => StoreErrorKind::Corrupt,
            sqlx::Error::PoolTimedOut => StoreErrorKind::TimedOut,
            _ => StoreErrorKind::Unavailable,
        };
        Self::new(kind, error)
    }
}
