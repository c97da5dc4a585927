use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};

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
        let Self::Database(error) = self else {
            return false;
        };
        let Some(error) = error.as_database_error() else {
            return false;
        };
        // PostgreSQL's serialization_failure and deadlock_detected.
        error.is_unique_violation() || matches!(error.code().as_deref(), Some("40001" | "40P01"))
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
