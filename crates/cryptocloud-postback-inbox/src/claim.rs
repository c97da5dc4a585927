use std::time::Duration;

use crate::Lease;

/// What a store answers to somebody who wants to process a payment.
///
/// Closed by nature: every caller has to tell these four apart.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use = "only `Acquired` gives the right to process"]
pub enum Claim {
    /// It is yours until the lease runs out.
    Acquired(Lease),
    /// The invoice is known with other fields. This report is kept for an operator.
    Conflict,
    /// It was processed before.
    Done,
    /// Somebody is at it.
    InFlight {
        /// When that lease runs out, unless it is renewed.
        retry_after: Duration,
    },
}
