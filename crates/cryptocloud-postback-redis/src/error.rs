use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// What was sent when a call failed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sent {
    /// Nothing, or a command that only reads.
    Nothing,
    /// A command that changes nothing the second time. Without a response its outcome is unknown.
    Repeatable,
    /// A command that writes: without a response its outcome is unknown.
    Write,
}

impl Sent {
    fn without_response(self, kind: StoreErrorKind) -> StoreErrorKind {
        match self {
            Self::Nothing => kind,
            Self::Repeatable | Self::Write => StoreErrorKind::OutcomeUnknown,
        }
    }

    /// Whether the command may be sent again without knowing what became of the first one.
    pub(crate) fn may_repeat(self) -> bool {
        matches!(self, Self::Nothing | Self::Repeatable)
    }
}

pub(crate) fn failed(error: RedisError, sent: Sent) -> StoreError {
    let kind = match (error.kind(), error.code()) {
        (_, Some("CORRUPT" | "WRONGTYPE")) => StoreErrorKind::Corrupt,
        (_, Some("OOM")) => StoreErrorKind::Full,
        (ErrorKind::Server(ServerErrorKind::ReadOnly), _) => StoreErrorKind::ReadOnly,
        // The server refused the command, or the script before its first write.
        (ErrorKind::Server(_) | ErrorKind::Extension, _) => StoreErrorKind::Unavailable,
        (ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig, _) => {
            StoreErrorKind::Unavailable
        }
        (ErrorKind::UnexpectedReturnType, _) => sent.without_response(StoreErrorKind::Corrupt),
        _ if error.is_timeout() => sent.without_response(StoreErrorKind::TimedOut),
        _ => sent.without_response(StoreErrorKind::Unavailable),
    };
    StoreError::new(kind, error)
}

pub(crate) fn timed_out(sent: Sent) -> StoreError {
    let kind = sent.without_response(StoreErrorKind::TimedOut);
    StoreError::new(kind, "no response within the time limit")
}

pub(crate) fn corrupt(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, error)
}
