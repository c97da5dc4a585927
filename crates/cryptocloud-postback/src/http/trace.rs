//! The span of each postback and its one event: outcome, kind, format, project and invoice id, but
//! never the token, the secret or the body.

use tracing::{
    Span,
    field::{Empty, debug},
};

#[cfg(feature = "opentelemetry")]
use super::opentelemetry;
use super::trace_context::TraceContext;
use crate::Error;

/// The span of a postback, from the head of its request on, and the trace by which others continue it.
/// It gets its other fields with the outcome.
pub(crate) fn span(trace: Option<TraceContext>) -> (Span, Option<TraceContext>) {
    let span = tracing::info_span!(
        target: TARGET,
        "postback",
        project = Empty,
        invoice_id = Empty,
        kind = Empty,
        report_id = Empty,
        state = Empty,
        trace_id = Empty,
    );
    if let Some(trace) = &trace {
        trace.continue_in(&span);
    }
    #[cfg(feature = "opentelemetry")]
    let trace = opentelemetry::context_of(&span).or(trace);
    span.record("trace_id", trace.as_ref().map(TraceContext::trace_id));
    (span, trace)
}

impl TraceContext {
    /// Makes a new span the child of this context, for what happens after the request.
    ///
    /// If the current span is part of another trace, the new one stays there, and links to this context.
    /// Without the feature `opentelemetry` it does nothing.
    #[cfg_attr(
        not(feature = "opentelemetry"),
        expect(unused_variables, reason = "tracing alone has no remote spans")
    )]
    pub fn continue_in(&self, span: &Span) {
        #[cfg(feature = "opentelemetry")]
        opentelemetry::follow(span, self);
    }
}

/// Emits the event of a refused postback in its span.
///
/// Its level is `WARN`, or `ERROR` if the fault is not the sender's: every payment is refused then
/// until an operator acts.
/// The invoice id is what the sender claims; `{:?}` escapes what would forge or hide a line.
pub(crate) fn refused(span: &tracing::Span, error: Error) -> Error {
    use std::error::Error as _;

    let _entered = span.enter();

    macro_rules! emit {
        ($level:ident) => {
            tracing::$level!(
                target: TARGET,
                outcome = "refused",
                kind = ?error.kind(),
                cause = error.source().map(tracing::field::display),
                format = error.format().map(tracing::field::display),
                project = error.project(),
                invoice_id = error.claimed_invoice_id().map(|id| debug(id.as_str())),
                "postback refused: {error}"
            )
        };
    }
    if error.kind().response().status() >= 500 {
        emit!(error);
    } else {
        emit!(warn);
    }
    // After the event, which has them too.
    span.record("project", error.project());
    span.record(
        "invoice_id",
        error.claimed_invoice_id().map(|id| debug(id.as_str())),
    );
    span.record("kind", debug(error.kind()));
    error
}

/// Emits the event of an accepted postback in its span.
///
/// Its level is `INFO`, or `WARN` if `invoice_info` names another invoice.
pub(crate) fn accepted(span: &tracing::Span, verified: &crate::Verified) {
    let _entered = span.enter();
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
    span.record("project", verified.project());
    span.record("invoice_id", debug(verified.invoice_id().as_str()));
}

/// The name of this crate, for filters.
const TARGET: &str = "cryptocloud_postback";
