#[cfg(feature = "metrics")]
use std::time::{Duration, Instant};
use std::{
    panic::{RefUnwindSafe, UnwindSafe},
    sync::Arc,
};

#[cfg(feature = "tracing")]
use super::trace;
use super::trace_context::TraceContext;
#[cfg(feature = "metrics")]
use crate::metrics;
use crate::{Error, Verified};

/// What is measured of one postback, from the head of its request on, and the trace that it is part of.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
    timer: Timer,
    trace: Option<Arc<TraceContext>>,
}

impl Watch {
    /// With the trace of the request, if it named one.
    pub(crate) fn start(trace: Option<TraceContext>) -> Self {
        #[cfg(feature = "tracing")]
        let (span, trace) = trace::span(trace);
        Self {
            #[cfg(feature = "tracing")]
            span,
            timer: Timer::start(),
            trace: trace.map(Arc::new),
        }
    }

    /// For a body that is only read: no outcome is expected.
    pub(crate) fn off() -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: tracing::Span::none(),
            timer: Timer::start(),
            trace: None,
        }
    }

    /// The trace of the postback.
    pub(crate) fn trace(&self) -> Option<&TraceContext> {
        self.trace.as_deref()
    }

    /// The span of the postback.
    #[cfg(feature = "tracing")]
    pub(crate) fn span(&self) -> &tracing::Span {
        &self.span
    }

    /// Since when the postback is watched.
    #[cfg(feature = "metrics")]
    pub(crate) fn timer(&self) -> Timer {
        self.timer
    }

    /// The end of every refused postback: its event and its metrics are emitted here.
    pub(crate) fn refused(&self, error: Error) -> Error {
        self.timer.refused(&error);
        #[cfg(feature = "tracing")]
        let error = trace::refused(&self.span, error);
        error
    }

    /// The end of every accepted postback, as far as this crate sees it.
    pub(crate) fn accepted(&self, verified: &Verified) {
        self.timer.accepted(verified);
        #[cfg(feature = "tracing")]
        trace::accepted(&self.span, verified);
    }
}

// A span is a handle, which a panic cannot leave half changed. So what holds it is unwind-safe, with
// tracing and without.
impl RefUnwindSafe for Watch {}
impl UnwindSafe for Watch {}

/// Measures a time for the metrics. Without them it is empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timer {
    #[cfg(feature = "metrics")]
    started: Instant,
}

impl Timer {
    pub(crate) fn start() -> Self {
        Self {
            #[cfg(feature = "metrics")]
            started: Instant::now(),
        }
    }
}

#[cfg(feature = "metrics")]
impl Timer {
    pub(crate) fn elapsed(self) -> Duration {
        self.started.elapsed()
    }

    /// The end of the verification for which it was started.
    pub(crate) fn verified(self, project: Option<&str>) {
        metrics::verified(project, self.elapsed());
    }

    fn accepted(self, verified: &Verified) {
        metrics::received(verified.project(), None, self.elapsed());
    }

    fn refused(self, error: &Error) {
        metrics::received(error.project(), Some(error.kind()), self.elapsed());
    }
}

#[cfg(not(feature = "metrics"))]
impl Timer {
    pub(crate) fn verified(self, _: Option<&str>) {}

    fn accepted(self, _: &Verified) {}

    fn refused(self, _: &Error) {}
}
