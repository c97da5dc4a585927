use cryptocloud_postback_inbox::{Refusal, StoreError, StoreErrorKind};

use crate::dialect::Calls;

/// Why a step failed, and whether another try can help.
#[derive(Debug)]
pub(crate) struct Fault {
    cause: Cause,
    error: StoreError,
}

/// What an error of a database means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cause {
    /// An earlier statement of the transaction has failed.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "SQLite has no such state")
    )]
    Aborted,
    /// The file or the disk is damaged.
    Corrupt,
    /// The disk is full.
    Full,
    /// The connection ended, or its worker.
    Gone,
    /// No transaction, or no savepoint in it: the handler has ended it.
    NotInTransaction,
    /// Anything else. Nothing changed.
    Other,
    /// Another transaction came between: it is worth another try.
    Race,
    /// The server is a standby, or the file is read-only.
    ReadOnly,
    /// A table is missing.
    SchemaMissing,
    /// A column is missing.
    SchemaTooOld,
    /// Settle found the report settled, with this claim.
    SettledBefore,
    /// Settle found another worker's claim.
    Stale,
    /// A lock or a statement took too long.
    TimedOut,
}

/// When an error came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    /// The change may have been committed, if the connection failed.
    Committing,
    /// Nothing was committed yet, or nothing is to be.
    Uncommitted,
}

impl Fault {
    pub(crate) fn new<DB: Calls>(error: sqlx::Error, phase: Phase) -> Self {
        let cause = match &error {
            sqlx::Error::Database(error) => {
                DB::cause(error.code().as_deref().unwrap_or(""), error.message())
            }
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::TypeNotFound { .. } => Cause::Corrupt,
            sqlx::Error::PoolTimedOut => Cause::TimedOut,
            sqlx::Error::Encode(_) | sqlx::Error::PoolClosed => Cause::Other,
            _ => Cause::Gone,
        };
        let kind = match cause {
            Cause::Corrupt => StoreErrorKind::Corrupt,
            Cause::Full => StoreErrorKind::Full,
            Cause::Gone if phase == Phase::Committing => StoreErrorKind::OutcomeUnknown,
            Cause::ReadOnly => StoreErrorKind::ReadOnly,
            Cause::SchemaMissing => StoreErrorKind::SchemaMissing,
            Cause::SchemaTooOld => StoreErrorKind::SchemaTooOld,
            Cause::TimedOut => StoreErrorKind::TimedOut,
            Cause::Aborted
            | Cause::Gone
            | Cause::NotInTransaction
            | Cause::Other
            | Cause::Race
            | Cause::SettledBefore
            | Cause::Stale => StoreErrorKind::Unavailable,
        };
        let error = StoreError::new(kind, error);
        Self { cause, error }
    }

    /// The caller's own deadline is over.
    pub(crate) fn late(phase: Phase) -> Self {
        let kind = match phase {
            Phase::Committing => StoreErrorKind::OutcomeUnknown,
            Phase::Uncommitted => StoreErrorKind::TimedOut,
        };
        Self {
            cause: Cause::Gone,
            error: kind.into(),
        }
    }

    /// Another transaction came between two statements of this one.
    pub(crate) fn race() -> Self {
        Self {
            cause: Cause::Race,
            error: StoreErrorKind::Unavailable.into(),
        }
    }

    pub(crate) fn cause(&self) -> Cause {
        self.cause
    }

    /// Whether another transaction was in the way.
    pub(crate) fn is_lock(&self) -> bool {
        matches!(self.cause, Cause::Race | Cause::TimedOut)
    }

    /// Whether the connection can be used again.
    pub(crate) fn spares_connection(&self) -> bool {
        !matches!(self.cause, Cause::Corrupt | Cause::Gone | Cause::ReadOnly)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        fault.error
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self {
            cause: Cause::Other,
            error,
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        StoreErrorKind::Refused(refusal).into()
    }
}

impl From<StoreErrorKind> for Fault {
    fn from(kind: StoreErrorKind) -> Self {
        StoreError::from(kind).into()
    }
}
