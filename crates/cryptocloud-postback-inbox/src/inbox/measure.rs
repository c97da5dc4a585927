use cryptocloud_postback::Verified;
use tokio::time::Instant;

use super::Inbox;
use crate::{Claim, HoldKind, State};

/// What is counted or timed when it happens.
#[cfg_attr(
    not(feature = "metrics"),
    expect(dead_code, reason = "only metrics read it")
)]
pub(super) enum Measured<'a> {
    /// An attempt that began then ended, and left its report in this state.
    Attempt(Instant, State),
    /// The inbox was built.
    Built,
    /// A worker has claimed a report.
    Claim(&'a Claim),
    /// A postback's report is a new conflict.
    Conflict,
    /// A report is held for review.
    Held(HoldKind),
    /// A postback was not stored.
    Lost,
    /// So many reports were purged.
    Purged(u64),
    /// Reconciliation has stored a payment that no postback reported.
    Reconciled,
    /// A postback gets a response with this status.
    Response(&'a Verified, u16),
}

#[cfg(not(feature = "metrics"))]
impl Inbox {
    pub(super) fn measure(&self, _: Measured<'_>) {}

    pub(super) async fn measure_store_until_stopped(&self) {}
}

#[cfg(feature = "metrics")]
mod recorder {
    use std::{fmt::Display, time::Duration};

    use metrics::{Label, counter, gauge, histogram};
    use tokio::time::{sleep, timeout};

    use super::{Inbox, Measured, State};
    use crate::{StoreError, metrics::name, panics, retry};

    impl Inbox {
        pub(in crate::inbox) fn measure(&self, measured: Measured<'_>) {
            match measured {
                Measured::Attempt(started, state) => {
                    let outcome = match state {
                        State::Done | State::Failed | State::Held => state.as_str(),
                        State::Received => "postponed",
                        State::Running | State::Conflict | State::Discarded => "unsettled",
                    };
                    let labels = self.labels([("outcome", &outcome)]);
                    counter!(name::ATTEMPTS, labels).increment(1);
                    let took = started.elapsed();
                    histogram!(name::ATTEMPT_SECONDS, self.labels([])).record(took);
                }
                // An increase from nothing to 1 is none for Prometheus.
                Measured::Built => {
                    for name in [name::CONFLICTS, name::LOST] {
                        counter!(name, self.labels([])).increment(0);
                    }
                }
                Measured::Claim(claim) => {
                    histogram!(name::LAG_SECONDS, self.labels([])).record(claim.lag);
                }
                Measured::Conflict => counter!(name::CONFLICTS, self.labels([])).increment(1),
                Measured::Held(kind) => {
                    let labels = self.labels([("kind", &format_args!("{kind:?}"))]);
                    counter!(name::HELD, labels).increment(1);
                }
                Measured::Lost => counter!(name::LOST, self.labels([])).increment(1),
                Measured::Purged(count) => {
                    counter!(name::PURGED, self.labels([])).increment(count);
                }
                Measured::Reconciled => counter!(name::RECONCILED, self.labels([])).increment(1),
                Measured::Response(postback, status) => {
                    let labels = self.labels([("status", &status)]);
                    histogram!(name::RESPONSE_SECONDS, labels).record(postback.elapsed());
                }
            }
        }

        /// Reads what only the store knows.
        pub(in crate::inbox) async fn measure_store_until_stopped(&self) {
            let inner = &self.0;
            loop {
                // Neither a store that hangs nor one that panics may end the worker.
                let measured = timeout(inner.limits.lease, self.measure_store());
                let measured = tokio::select! {
                    biased;
                    () = inner.stop.cancelled() => return,
                    measured = panics::catch(measured) => measured,
                };
                // What was read before stays, and this says that it is old.
                let is_up = matches!(measured, Ok(Ok(Ok(()))));
                gauge!(name::STORE_UP, self.labels([])).set(u8::from(is_up));
                tokio::select! {
                    biased;
                    () = inner.stop.cancelled() => return,
                    () = sleep(retry::jitter(PAUSE)) => (),
                }
            }
        }

        async fn measure_store(&self) -> Result<(), StoreError> {
            let counts = self.counts().await?;
            for (state, count) in [
                (State::Received, counts.received),
                (State::Running, counts.running),
                (State::Failed, counts.failed),
                (State::Held, counts.held),
                (State::Conflict, counts.conflict),
            ] {
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                gauge!(name::REPORTS, self.labels([("state", &state)])).set(count);
            }
            let oldest = self.oldest_unfinished().await?.unwrap_or_default();
            gauge!(name::OLDEST_SECONDS, self.labels([])).set(oldest);
            Ok(())
        }

        fn labels<const N: usize>(&self, more: [(&'static str, &dyn Display); N]) -> Vec<Label> {
            let project = Label::new("project", self.project().to_owned());
            let more = more.map(|(name, value)| Label::new(name, value.to_string()));
            [project].into_iter().chain(more).collect()
        }
    }

    const PAUSE: Duration = Duration::from_secs(15);
}
