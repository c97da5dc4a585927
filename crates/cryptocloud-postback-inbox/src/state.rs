use std::fmt;

/// The state of a stored report.
///
/// The set is closed: a store gives each state a column value, and the
/// [transition table](crate::transition) names every one of them.
/// The order is that of a payment's life.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum State {
    /// Stored, and waiting for a worker.
    Received,
    /// Leased to a worker. If the lease ends, another worker takes over.
    Running,
    /// The handler failed; a worker tries again when it is due.
    Failed,
    /// The handler's effect and this state were committed together. Final.
    Done,
    /// Held for review: an operator accepts, retries or discards it.
    Held,
    /// Another report of the same payment, with other fields, was first.
    Conflict,
    /// An operator, or [confirmation](crate::Inbox::resolve_conflicts), decided that it is not a payment.
    /// Final.
    Discarded,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Received,
        Self::Running,
        Self::Failed,
        Self::Done,
        Self::Held,
        Self::Conflict,
        Self::Discarded,
    ];

    /// Whether other reports of the same [`Identity`](crate::Identity) have to wait.
    ///
    /// A store guarantees that **at most one report of an identity blocks**, for instance by a
    /// partial unique index. Two reports of one payment can therefore never both be credited.
    #[must_use]
    pub const fn blocks(self) -> bool {
        matches!(
            self,
            Self::Received | Self::Running | Self::Failed | Self::Done
        )
    }

    /// Whether a worker has to do something about it by itself.
    #[must_use]
    pub const fn is_unfinished(self) -> bool {
        matches!(self, Self::Received | Self::Running | Self::Failed)
    }

    /// Whether nothing but the retention ever changes it again.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Discarded)
    }

    /// The name in lower case, which stores use as the column value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Running => "running",
            Self::Failed => "failed",
            Self::Done => "done",
            Self::Held => "held",
            Self::Conflict => "conflict",
            Self::Discarded => "discarded",
        }
    }

    /// Reads [`as_str`](Self::as_str), or returns `None` if the string names no state.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for state in State::ALL {
            assert_eq!(State::from_name(state.as_str()), Some(state));
        }
        assert_eq!(State::from_name("Done"), None);
    }
}
