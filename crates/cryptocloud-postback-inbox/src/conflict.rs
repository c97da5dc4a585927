use cryptocloud_postback::UnixTime;

use crate::{ClaimId, Report};

/// A report that differs from what was known of its invoice, kept for an operator.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Conflict {
    /// When it arrived first, by the store's clock.
    pub received_at: UnixTime,
    /// What it says.
    pub report: Report,
}

impl Conflict {
    /// From the parts that a store kept.
    #[must_use]
    pub const fn new(report: Report, received_at: UnixTime) -> Self {
        Self {
            received_at,
            report,
        }
    }

    /// What names it in [`Inbox::accept`](crate::Inbox::accept) and
    /// [`Inbox::discard`](crate::Inbox::discard).
    #[must_use]
    pub fn id(&self) -> ClaimId {
        ClaimId::from(&self.report)
    }
}
