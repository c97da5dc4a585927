#[cfg(feature = "metrics")]
use std::time::{Duration, Instant};

use super::trace;
#[cfg(feature = "metrics")]
use crate::metrics;
use crate::{Error, Verified};

/// What is measured of one postback, from the head of its request on. Without features it is empty.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    timer: Timer,
}

impl Watch {
    pub(crate) fn start() -> Self {
        Self {
            timer: Timer::start(),
        }
    }

    /// Since when the postback is watched.
    #[cfg(feature = "metrics")]
    pub(crate) fn timer(&self) -> Timer {
        self.timer
    }

    /// The end of every refused postback: its event and its metrics are emitted here.
    pub(crate) fn refused(&self, error: Error) -> Error {
        self.timer.refused(&error);
        trace::refused(error)
    }

    /// The end of every accepted postback, as far as this crate sees it.
    pub(crate) fn accepted(&self, verified: &Verified) {
        self.timer.accepted(verified);
        trace::accepted(verified);
    }
}

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
