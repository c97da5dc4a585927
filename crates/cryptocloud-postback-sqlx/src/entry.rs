use std::time::Duration;

use cryptocloud_postback_inbox::{InboxError, Outcome};

/// What a claim inside the merchant's own transaction found.
///
/// **Commit in every case**: a conflicting report is kept in the same transaction.
///
/// Closed by nature: every caller has to tell these four apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "only `First` gives the right to process"]
pub enum Entry {
    /// The invoice is known with other fields. This report is kept for an operator.
    Conflict,
    /// It was processed before.
    Done,
    /// It is processed as soon as the transaction commits: write what belongs to it now.
    First,
    /// A handler of [`Inbox::handle`](cryptocloud_postback_inbox::Inbox::handle) is at it.
    InFlight {
        /// When that lease runs out, unless it is renewed.
        retry_after: Duration,
    },
}

impl Entry {
    /// Whether to write what belongs to the payment.
    #[must_use]
    pub fn is_first(self) -> bool {
        self == Self::First
    }

    /// What to answer after the commit.
    ///
    /// # Errors
    ///
    /// [`InboxError::Conflict`] and [`InboxError::InFlight`].
    pub fn outcome<E>(self) -> Result<Outcome<()>, InboxError<E>> {
        match self {
            Self::Conflict => Err(InboxError::Conflict),
            Self::Done => Ok(Outcome::Duplicate),
            Self::First => Ok(Outcome::Handled(())),
            Self::InFlight { retry_after } => Err(InboxError::InFlight { retry_after }),
        }
    }
}
