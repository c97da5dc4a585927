//! The way of one payment: claim, handler, completion.

use std::{
    convert::Infallible, error::Error as _, future::poll_fn, pin::pin, task::Poll, time::Duration,
};

use cryptocloud_postback::Verified;
use tokio::time;

use crate::{
    Claim, ClaimId, Inbox, InboxError, Lease, Outcome, Report, StoreError, StoreErrorKind,
    panics::{self, Panicked},
};

impl Inbox {
    pub(crate) async fn process<H, F, T, E>(
        self,
        verified: Verified,
        handler: H,
    ) -> Result<Outcome<T>, InboxError<E>>
    where
        H: FnOnce(Verified) -> F,
        F: Future<Output = Result<T, E>>,
    {
        let report = self.report(&verified)?;
        let settings = self.settings();
        let claim = settings.store.claim(&report, settings.lease);
        let claim = self.in_time(claim).await;
        // The handler is called inside, so that its panic is caught before its first await too.
        self.finish(&report, claim, async { handler(verified).await })
            .await
    }

    pub(crate) async fn process_conflict<H, F, T, E>(
        self,
        report: Report,
        handler: H,
    ) -> Result<Outcome<T>, InboxError<E>>
    where
        H: FnOnce(Report) -> F,
        F: Future<Output = Result<T, E>>,
    {
        let settings = self.settings();
        let id = ClaimId::from(&report);
        let claim = settings.store.accept(&id, settings.lease);
        let claim = self.in_time(claim).await;
        let copy = report.clone();
        self.finish(&report, claim, async { handler(copy).await })
            .await
    }

    /// Runs the handler, which does nothing until here, where the claim allows it.
    async fn finish<T, E>(
        &self,
        report: &Report,
        claim: Result<Claim, StoreError>,
        handler: impl Future<Output = Result<T, E>>,
    ) -> Result<Outcome<T>, InboxError<E>> {
        let lease = match claim.inspect_err(|error| log(report, "claim", error))? {
            Claim::Acquired(lease) => lease,
            Claim::Conflict => {
                tracing::error!(
                    invoice_id = ?report.key().invoice_id(),
                    project = ?report.key().project(),
                    "postback conflicts with what is known of its invoice, and is kept"
                );
                return Err(InboxError::Conflict);
            }
            Claim::Done => return Ok(Outcome::Duplicate),
            Claim::InFlight { retry_after } => return Err(InboxError::InFlight { retry_after }),
        };
        let renewal = self.keep_renewing(report, &lease);
        match beside(panics::catch(handler), renewal).await {
            Ok(Ok(value)) => {
                self.complete(&lease)
                    .await
                    .inspect_err(|error| log(report, "complete", error))?;
                Ok(Outcome::Handled(value))
            }
            Ok(Err(error)) => {
                self.release(report, &lease).await;
                Err(InboxError::Handler(error))
            }
            Err(Panicked) => {
                self.release(report, &lease).await;
                Err(InboxError::Panicked)
            }
        }
    }

    /// Tells the store, and tells it again where it was out of reach: the effect has happened.
    async fn complete(&self, lease: &Lease) -> Result<(), StoreError> {
        let told = async {
            loop {
                match self.settings().store.complete(lease).await {
                    Err(error) if error.kind() == StoreErrorKind::Unavailable => {
                        time::sleep(PAUSE).await;
                    }
                    result => return result,
                }
            }
        };
        self.in_time(told).await
    }

    /// A release that fails is no harm: the lease frees the claim.
    async fn release(&self, report: &Report, lease: &Lease) {
        let released = self.in_time(self.settings().store.release(lease)).await;
        if let Err(error) = released {
            log(report, "release", &error);
        }
    }

    /// Never ends: a lost lease is for `complete` to find out.
    async fn keep_renewing(&self, report: &Report, lease: &Lease) -> Infallible {
        let settings = self.settings();
        loop {
            time::sleep(settings.lease / 3).await;
            let renewed = settings.store.renew(lease, settings.lease);
            if let Err(error) = self.in_time(renewed).await {
                log(report, "renew", &error);
            }
        }
    }
}

/// Polls the second future too until the first one ends.
async fn beside<F: Future>(first: F, second: impl Future<Output = Infallible>) -> F::Output {
    let (mut first, mut second) = (pin!(first), pin!(second));
    poll_fn(|context| {
        let output = first.as_mut().poll(context);
        if output.is_pending() {
            match second.as_mut().poll(context) {
                Poll::Ready(never) => match never {},
                Poll::Pending => {}
            }
        }
        output
    })
    .await
}

fn log(report: &Report, what: &str, error: &StoreError) {
    tracing::error!(
        cause = error.source().map(tracing::field::display),
        invoice_id = ?report.key().invoice_id(),
        kind = ?error.kind(),
        project = ?report.key().project(),
        "inbox could not {what} a payment: {error}"
    );
}

/// Between two attempts to complete.
const PAUSE: Duration = Duration::from_millis(100);
