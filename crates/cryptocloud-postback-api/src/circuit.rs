//! Stops asking for a while if nothing works.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

#[cfg(feature = "metrics")]
use crate::metrics::OpenCircuit;

/// Opens after [`FAILURES`] in a row. While it is open, one call in [`PAUSE`] is let through; the
/// first that succeeds closes it.
#[derive(Debug, Default)]
pub(crate) struct Circuit(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
    #[cfg(feature = "metrics")]
    open: Option<OpenCircuit>,
}

impl Circuit {
    /// Whether to call now, or how long to wait.
    pub(crate) fn check(&self) -> Result<(), Duration> {
        let mut state = self.lock();
        let now = Instant::now();
        match state.open_until {
            Some(until) if now < until => Err(until.duration_since(now)),
            Some(_) => {
                // The next one only after another pause, also if this call is dropped.
                state.open_until = now.checked_add(PAUSE);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Notes how a call ended.
    pub(crate) fn record(&self, succeeded: bool) {
        let mut state = self.lock();
        if succeeded {
            if state.open_until.is_some() {
                tracing::info!("vendor's API responds again");
            }
            *state = State::default();
            return;
        }
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            tracing::warn!(
                failures = state.failures,
                "vendor's API is down: pausing for 30 s"
            );
            state.open_until = Instant::now().checked_add(PAUSE);
            #[cfg(feature = "metrics")]
            state.open.get_or_insert_with(OpenCircuit::new);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const FAILURES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use tokio::time;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn opens_after_five_failures_in_a_row_and_closes_after_a_success() {
        let circuit = Circuit::default();
        for _ in 0..4 {
            circuit.record(false);
        }
        circuit.record(true);
        for _ in 0..5 {
            assert_eq!(circuit.check(), Ok(()));
            circuit.record(false);
        }
        assert_eq!(circuit.check(), Err(PAUSE));
        time::advance(PAUSE - Duration::from_secs(1)).await;
        assert_eq!(circuit.check(), Err(Duration::from_secs(1)));
        time::advance(Duration::from_secs(1)).await;
        // One call in a pause, also if it never ends.
        assert_eq!(circuit.check(), Ok(()));
        assert_eq!(circuit.check(), Err(PAUSE));
        time::advance(PAUSE).await;
        assert_eq!(circuit.check(), Ok(()));
        circuit.record(false);
        assert_eq!(circuit.check(), Err(PAUSE));
        time::advance(PAUSE).await;
        assert_eq!(circuit.check(), Ok(()));
        circuit.record(true);
        assert_eq!((circuit.check(), circuit.check()), (Ok(()), Ok(())));
    }
}
