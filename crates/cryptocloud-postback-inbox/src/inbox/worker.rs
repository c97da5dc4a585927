use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until, timeout};
use tracing::{error, info, warn};

use super::Inbox;
use crate::{Claim, ClaimQuery, StoreError, StoreErrorKind, retry};

impl Inbox {
    /// Works on what is due, until [`drain`](Self::drain) is called: claims, retries, promotes and
    /// purges.
    ///
    /// [`start`](crate::InboxBuilder::start) spawns it. Call it yourself in a process that only
    /// works. Errors of the store are logged, and the next poll tries again.
    pub async fn run(&self) {
        let inner = &self.0;
        // So that `drain` waits for a claim that is under way.
        let _running = inner.tasks.token();
        let mut next_upkeep = Instant::now() + retry::jitter(UPKEEP);
        let mut next_poll = Instant::now();
        let mut is_schema_right = true;
        loop {
            tokio::select! {
                biased;
                () = inner.stop.cancelled() => return,
                () = inner.wake.notified() => (),
                () = sleep_until(next_poll) => (),
            }
            next_poll = Instant::now() + retry::jitter(POLL);
            if Instant::now() >= next_upkeep {
                next_upkeep = Instant::now() + retry::jitter(UPKEEP);
                is_schema_right = self.upkeep().await;
            }
            if is_schema_right && let Err(error) = self.poll().await {
                let error = &error as &dyn std::error::Error;
                warn!(error, "inbox cannot look for work");
            }
        }
    }

    /// Works on what is due now, and waits until that is finished. Returns how many payments it
    /// worked on.
    ///
    /// For schedulers that start a process every so often, and for tests.
    ///
    /// # Errors
    ///
    /// Those of [`InboxStore::claim`](crate::InboxStore::claim).
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let mut count: usize = 0;
        loop {
            let claims = self.claim(RUN_ONCE_BATCH).await?;
            if claims.is_empty() {
                return Ok(count);
            }
            count = count.saturating_add(claims.len());
            for claim in claims {
                self.process(claim).await;
            }
        }
    }

    /// Stops: begins no new work, and waits for the work that has begun. What is not finished within
    /// the limit is rolled back and released, so that another process can claim it at once.
    pub async fn drain(&self, limit: Duration) {
        let inner = &self.0;
        inner.stop.cancel();
        inner.tasks.close();
        if timeout(limit, inner.tasks.wait()).await.is_err() {
            inner.abort.cancel();
            let grace = inner.limits.statement;
            if timeout(grace, inner.tasks.wait()).await.is_err() {
                warn!("payments in work were left to the end of their leases");
            }
        }
        // Postbacks that still come are stored, and handled here unless the limit was exceeded.
        inner.tasks.reopen();
    }

    /// Claims no more than there are free handlers, and lets each run in its own task.
    async fn poll(&self) -> Result<(), StoreError> {
        let inner = &self.0;
        let free = u32::try_from(inner.free.available_permits()).unwrap_or(u32::MAX);
        let permits = Arc::clone(&inner.free).try_acquire_many_owned(free);
        let Some(mut permits) = permits.ok().filter(|_| free > 0) else {
            return Ok(());
        };
        for claim in self.claim(free).await? {
            let permit = permits.split(1);
            let inbox = self.clone();
            self.spawn(async move {
                inbox.process(claim).await;
                drop(permit);
                // There may be more than there were free handlers.
                inbox.0.wake.notify_one();
            });
        }
        Ok(())
    }

    async fn claim(&self, limit: u32) -> Result<Vec<Claim>, StoreError> {
        let inner = &self.0;
        for id in inner.store.promote(&inner.project, PROMOTE_BATCH).await? {
            info!(%id, "conflict is promoted: nothing of its invoice is unfinished or done");
        }
        let query = ClaimQuery {
            limit,
            lease: inner.limits.lease,
            retry_span: inner.retry_span,
        };
        let claimed = inner.store.claim(&inner.project, query).await?;
        for id in claimed.used_up {
            error!(%id, "payment held for review: attempts are used up");
        }
        Ok(claimed.claims)
    }

    /// Purges, and returns whether the schema is still one that this program knows.
    async fn upkeep(&self) -> bool {
        if let Err(error) = self.0.store.check().await {
            let kind = error.kind();
            let error = &error as &dyn std::error::Error;
            error!(error, "store cannot be used");
            // Anything else may have passed by the next poll.
            return !matches!(
                kind,
                StoreErrorKind::SchemaMissing
                    | StoreErrorKind::SchemaTooNew
                    | StoreErrorKind::SchemaTooOld
            );
        }
        if let Err(error) = self.purge().await {
            let error = &error as &dyn std::error::Error;
            warn!(error, "inbox cannot purge");
        }
        true
    }

    /// Clears the fields of payments that were settled longer ago than the retention. The worker
    /// does it every hour.
    ///
    /// # Errors
    ///
    /// Those of [`InboxStore::purge`](crate::InboxStore::purge).
    pub async fn purge(&self) -> Result<u64, StoreError> {
        let inner = &self.0;
        let mut total: u64 = 0;
        while !inner.stop.is_cancelled() {
            let batch = inner
                .store
                .purge(&inner.project, inner.retention, inner.purge, PURGE_BATCH)
                .await?;
            total = total.saturating_add(batch);
            if batch < u64::from(PURGE_BATCH) {
                break;
            }
        }
        Ok(total)
    }
}

const POLL: Duration = Duration::from_secs(2);
const UPKEEP: Duration = Duration::from_secs(3_600);
const PROMOTE_BATCH: u32 = 100;
const PURGE_BATCH: u32 = 1_000;
const RUN_ONCE_BATCH: u32 = 10;
