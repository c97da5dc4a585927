//! The one event of each postback: outcome, kind, format, project and invoice id, but never the
//! token, the secret or the body.

use crate::Error;

/// Emits the event of a refused postback.
///
/// Its level is `WARN`, or `ERROR` if the fault is not the sender's: every payment is refused then
/// until an operator acts.
/// The invoice id is what the sender claims; `{:?}` escapes what would forge or hide a line.
#[cfg(feature = "tracing")]
pub(crate) fn refused(error: Error) -> Error {
    use std::error::Error as _;

    macro_rules! emit {
        ($level:ident) => {
            tracing::$level!(
                target: TARGET,
                outcome = "refused",
                kind = ?error.kind(),
                cause = error.source().map(tracing::field::display),
                format = error.format().map(tracing::field::display),
                project = error.project(),
                invoice_id = error.claimed_invoice_id().map(|id| tracing::field::debug(id.as_str())),
                "postback refused: {error}"
            )
        };
    }
    if error.kind().response().status() >= 500 {
        emit!(error);
    } else {
        emit!(warn);
    }
    error
}

/// Emits the event of an accepted postback.
///
/// Its level is `INFO`, or `WARN` if `invoice_info` names another invoice.
#[cfg(feature = "tracing")]
pub(crate) fn accepted(verified: &crate::Verified) {
    macro_rules! emit {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                target: TARGET,
                outcome = "accepted",
                format = %verified.reported().format(),
                project = verified.project(),
                invoice_id = ?verified.invoice_id().as_str(),
                $message
            )
        };
    }
    if verified.reported().uuid_differs() {
        emit!(
            warn,
            "postback accepted, but its invoice_info.uuid names another invoice"
        );
    } else {
        emit!(info, "postback accepted");
    }
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn refused(error: Error) -> Error {
    error
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn accepted(_: &crate::Verified) {}

/// The name of this crate, for filters.
#[cfg(feature = "tracing")]
const TARGET: &str = "cryptocloud_postback";
