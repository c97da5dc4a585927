use std::time::Duration;

use cryptocloud_postback::TraceContext;
use tokio::time::{Instant, timeout};
use tracing::{Instrument, Span, debug, error, field, info, info_span, warn};

use super::{Inbox, confirm::Unsettled, measure::Measured};
use crate::{
    Claim, Failure, FailureKind, Hold, HoldKind, Payment, Settled, State, StoreError,
    StoreErrorKind, retry,
};

impl Inbox {
    /// Confirms a claim's payment, runs the handler, and makes the move that the outcome asks for.
    ///
    /// Returns the state that the report is left in, as far as it is known.
    pub(super) async fn process(&self, claim: Claim) -> State {
        let started = Instant::now();
        let trace = claim.report.trace.as_ref();
        let span = info_span!(
            "attempt",
            project = self.project(),
            invoice_id = ?claim.report.invoice_id().as_str(),
            report_id = %claim.id,
            attempt = claim.attempt,
            kind = field::Empty,
            state = field::Empty,
            trace_id = trace.map(TraceContext::trace_id),
        );
        if let Some(trace) = trace {
            trace.continue_in(&span);
        }
        let state = self.process_claim(claim).instrument(span.clone()).await;
        span.record("state", state.as_str());
        self.measure(Measured::Attempt(started, state));
        state
    }

    async fn process_claim(&self, claim: Claim) -> State {
        let mut payment = Payment::new(claim);
        let inner = &self.0;
        let attempted = tokio::select! {
            biased;
            () = inner.abort.cancelled() => None,
            attempted = self.attempt(&mut payment) => Some(attempted),
        };
        let (state, moved) = match attempted {
            // The transaction was dropped, and if it was committed all the same, this move is late.
            None => self.postpone(&payment, "shut down", Duration::ZERO).await,
            Some(attempted) => {
                let concluded = self.conclude(&payment, attempted);
                match timeout(inner.limits.lease, concluded).await {
                    Ok(concluded) => concluded,
                    Err(_) => (State::Running, Err(StoreErrorKind::TimedOut.into())),
                }
            }
        };
        match moved {
            Ok(()) => state,
            Err(error) => {
                // The lease ends by itself, and then the next attempt begins.
                warn!(
                    invoice_id = %payment.invoice_id(),
                    error = &error as &dyn std::error::Error,
                    "payment stays leased: its state could not be changed",
                );
                State::Running
            }
        }
    }

    /// Asks the vendor, renews the lease, and runs the handler.
    async fn attempt(&self, payment: &mut Payment) -> Result<Settled, Unsettled> {
        let inner = &self.0;
        let was_asked = self.confirm(payment).await?;
        let settled = async {
            // Asking may have taken a good part of the lease. If it took all of it, and another worker
            // took over, the store refuses.
            let claim = payment.claim();
            if was_asked && let Err(error) = inner.store.renew(claim, inner.limits.lease).await {
                return Settled::NotBegun(error);
            }
            inner.engine.settle(payment, &inner.limits).await
        };
        let settled = timeout(inner.limits.lease, settled);
        settled.await.map_err(|_| Unsettled::Outlived)
    }

    async fn conclude(
        &self,
        payment: &Payment,
        attempted: Result<Settled, Unsettled>,
    ) -> (State, Result<(), StoreError>) {
        let invoice_id = payment.invoice_id();
        let settled = match attempted {
            Ok(settled) => settled,
            Err(Unsettled::Held(hold)) => return self.hold(payment, hold.kind, &hold.reason).await,
            // The lease is over: the worker that takes over decides.
            Err(Unsettled::Outlived) => {
                warn!(%invoice_id, "attempt outlived its lease");
                return (State::Running, Ok(()));
            }
            Err(Unsettled::Postponed { reason, delay }) => {
                return self.postpone(payment, &reason, delay).await;
            }
        };
        match settled {
            Settled::Done => {
                info!(%invoice_id, attempt = payment.attempt(), "payment done");
                (State::Done, Ok(()))
            }
            Settled::Failed(failure) => self.conclude_failure(payment, &failure).await,
            Settled::NotBegun(error) => {
                let reason = Failure::retry(error).describe();
                self.postpone(payment, &reason, NOT_BEGUN_DELAY).await
            }
            Settled::NotSettled => self.hold(payment, HoldKind::NotSettled, "").await,
            Settled::RolledBack(error) => {
                self.fail(payment, &Failure::retry(error).describe()).await
            }
            Settled::Stale => {
                warn!(%invoice_id, "another worker took over: nothing was committed");
                (State::Running, Ok(()))
            }
            Settled::TransactionEnded => self.hold(payment, HoldKind::TransactionEnded, "").await,
            Settled::Unknown(error) => {
                let error = &error as &dyn std::error::Error;
                warn!(%invoice_id, error, "outcome of the commit is unknown");
                (State::Running, Ok(()))
            }
        }
    }

    async fn conclude_failure(
        &self,
        payment: &Payment,
        failure: &Failure,
    ) -> (State, Result<(), StoreError>) {
        let text = failure.describe();
        match failure.kind() {
            FailureKind::Hold => self.hold(payment, HoldKind::Handler, &text).await,
            FailureKind::Postpone(delay) => {
                let delay = delay.max(SHORTEST_DELAY);
                self.postpone(payment, &text, delay).await
            }
            FailureKind::Retry => self.fail(payment, &text).await,
        }
    }

    async fn fail(&self, payment: &Payment, error: &str) -> (State, Result<(), StoreError>) {
        let delay = retry::delay(payment.attempt());
        warn!(
            invoice_id = %payment.invoice_id(),
            attempt = payment.attempt(),
            error,
            "payment failed, and is tried again",
        );
        let moved = self.0.store.fail(payment.claim(), error, delay).await;
        (State::Failed, moved)
    }

    async fn hold(
        &self,
        payment: &Payment,
        kind: HoldKind,
        reason: &str,
    ) -> (State, Result<(), StoreError>) {
        error!(
            invoice_id = %payment.invoice_id(),
            id = %payment.claim().id,
            kind = kind.as_str(),
            reason,
            "payment held for review",
        );
        Span::current().record("kind", field::debug(kind));
        let hold = Hold::new(kind, reason);
        let moved = self.0.store.hold(payment.claim(), &hold).await;
        if moved.is_ok() {
            self.measure(Measured::Held(kind));
        }
        // A conflict may have waited for this one.
        self.0.wake.notify_one();
        (State::Held, moved)
    }

    async fn postpone(
        &self,
        payment: &Payment,
        reason: &str,
        delay: Duration,
    ) -> (State, Result<(), StoreError>) {
        debug!(invoice_id = %payment.invoice_id(), reason, "payment postponed");
        let moved = self.0.store.postpone(payment.claim(), reason, delay).await;
        (State::Received, moved)
    }
}

const NOT_BEGUN_DELAY: Duration = Duration::from_secs(2);
/// So that a handler that postpones by nothing does not run without a pause.
const SHORTEST_DELAY: Duration = Duration::from_secs(1);
