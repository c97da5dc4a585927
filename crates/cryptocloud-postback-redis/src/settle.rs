use std::time::Duration;

use cryptocloud_postback_inbox::{
    Attempt, Claim, Handler, InboxStore, Refusal, Settled, Settles, State, StoreError,
    StoreErrorKind,
};
use tokio::time::{self, Instant};

use crate::{RedisStore, call::Call};

/// The handler's effect and the state `done` are **not** one transaction: settle follows the handler.
impl Settles for RedisStore {
    type Tx = ();

    const IS_ATOMIC: bool = false;

    async fn settle<H: Handler<()>>(&self, attempt: Attempt<'_, H>) -> Settled {
        let claim = attempt.claim();
        // The effect cannot be taken back, so no handler runs under a claim that is already lost,
        // and none runs longer than its lease.
        match self.renew(claim, attempt.limits().lease).await {
            Ok(()) => {}
            Err(error) if is_stale(&error) => return Settled::Stale,
            Err(error) => return Settled::NotBegun(error),
        }
        if let Err(failure) = attempt.run(&mut ()).await {
            return Settled::Failed(failure);
        }
        self.settle_until(claim, Instant::now() + attempt.limits().statement)
            .await
    }
}

impl RedisStore {
    /// Tries again until a deadline: if the server comes back before the lease ends, the effect is
    /// not repeated.
    async fn settle_until(&self, claim: &Claim, deadline: Instant) -> Settled {
        let mut is_maybe_settled = false;
        loop {
            let Err(error) = Call::fenced(self, &self.scripts().settle, claim)
                .run()
                .await
            else {
                return Settled::Done;
            };
            if is_stale(&error) {
                // An earlier try may have succeeded without a response.
                return if is_maybe_settled && self.is_done(claim).await {
                    Settled::Done
                } else {
                    Settled::Stale
                };
            }
            is_maybe_settled |= error.kind() == StoreErrorKind::OutcomeUnknown;
            if Instant::now() + PAUSE >= deadline {
                return Settled::Unknown(error);
            }
            time::sleep(PAUSE).await;
        }
    }

    async fn is_done(&self, claim: &Claim) -> bool {
        let project = claim.report.identity.project();
        let record = self.get(project, claim.id).await.ok().flatten();
        record.is_some_and(|record| record.state == State::Done)
    }
}

fn is_stale(error: &StoreError) -> bool {
    error.refusal() == Some(Refusal::Stale)
}

/// Between two tries to settle.
const PAUSE: Duration = Duration::from_millis(100);
