use std::error::Error as _;

use crate::{Error, Verified};

/// Emits the one event of a postback: outcome, kind, format and invoice id, and never the token,
/// the secret or the body.
///
/// The adapters call it; whoever uses [`Verifier`](crate::Verifier) alone can, too.
/// An accepted postback is `INFO`, a refused one `WARN`.
/// The invoice id of a refused one is what the sender claims, and is escaped.
pub fn trace_outcome(outcome: Result<&Verified, &Error>) {
    match outcome {
        Ok(verified) => tracing::info!(
            target: TARGET,
            outcome = "accepted",
            format = %verified.reported().format(),
            invoice_id = ?verified.invoice_id().as_str(),
            "postback accepted"
        ),
        Err(error) => tracing::warn!(
            target: TARGET,
            outcome = "refused",
            kind = ?error.kind(),
            cause = error.source().map(tracing::field::display),
            format = error.format().map(tracing::field::display),
            invoice_id = error.claimed_invoice_id().map(|id| tracing::field::debug(id.as_str())),
            "postback refused: {error}"
        ),
    }
}

/// The name of this crate, for filters.
const TARGET: &str = "cryptocloud_postback";
