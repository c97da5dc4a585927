use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{error, info, warn};

use super::{Inbox, measure::Measured};
use crate::{
    Claim, ClaimQuery, HoldKind, StoreError, StoreErrorKind,
    panics::{self, Panicked},
    retry,
};

impl Inbox {
    /// Works on what is due, until [`drain`](Self::drain) is called: claims, retries, promotes,
    /// resolves conflicts and purges.
    ///
    /// [`start`](crate::InboxBuilder::start) spawns it. Call it yourself in a process that only
    /// works. Errors of the store are logged, and the next poll tries again.
    pub async fn run(&self) {
        // So that `drain` waits for a claim that is under way.
        let _running = self.0.tasks.token();
        let is_schema_right = AtomicBool::new(true);
        tokio::join!(
            self.poll_until_stopped(&is_schema_right),
            self.resolve_conflicts_until_stopped(&is_schema_right),
            self.upkeep_until_stopped(&is_schema_right),
            self.measure_store_until_stopped(),
        );
    }

    async fn poll_until_stopped(&self, is_schema_right: &AtomicBool) {
        let inner = &self.0;
        let mut next_poll = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = inner.stop.cancelled() => return,
                () = inner.wake.notified() => (),
                () = sleep_until(next_poll) => (),
            }
            if is_schema_right.load(Ordering::Relaxed) {
                // Neither a store that hangs nor one that panics may end the worker.
                match panics::catch(timeout(inner.limits.lease, self.poll())).await {
                    Ok(Ok(Ok(()))) => (),
                    Ok(Ok(Err(error))) => warn_of(&error, "inbox cannot look for work"),
                    Ok(Err(_)) => warn!("inbox cannot look for work: store hangs"),
                    Err(Panicked) => error!("inbox cannot look for work: store panicked"),
                }
            }
            next_poll = Instant::now() + retry::jitter(POLL);
        }
    }

    /// In a loop of its own, because asking the vendor can take long.
    async fn resolve_conflicts_until_stopped(&self, is_schema_right: &AtomicBool) {
        let inner = &self.0;
        if inner.confirm.is_none() {
            return;
        }
        loop {
            let pause = async {
                inner.conflict.notified().await;
                // What is first is often done a moment later.
                sleep(retry::jitter(POLL)).await;
            };
            tokio::select! {
                biased;
                () = inner.stop.cancelled() => return,
                _ = timeout(retry::jitter(RESOLVE_CONFLICTS), pause) => (),
            }
            if !is_schema_right.load(Ordering::Relaxed) {
                continue;
            }
            tokio::select! {
                biased;
                () = inner.stop.cancelled() => return,
                settled = panics::catch(self.resolve_conflicts()) => match settled {
                    Ok(Ok(_)) => (),
                    Ok(Err(error)) => warn_of(&error, "inbox cannot resolve conflicts"),
                    Err(Panicked) => error!("inbox cannot resolve conflicts: store panicked"),
                },
            }
        }
    }

    /// In a loop of its own, because a purge can take long.
    async fn upkeep_until_stopped(&self, is_schema_right: &AtomicBool) {
        let inner = &self.0;
        // A process that lives for less than an hour purges too.
        let mut pause = FIRST_UPKEEP;
        loop {
            tokio::select! {
                biased;
                () = inner.stop.cancelled() => return,
                () = sleep(retry::jitter(pause)) => (),
            }
            let is_right = tokio::select! {
                biased;
                () = inner.stop.cancelled() => return,
                upkeep = panics::catch(self.upkeep()) => upkeep.unwrap_or(true),
            };
            is_schema_right.store(is_right, Ordering::Relaxed);
            pause = if is_right { UPKEEP } else { FIRST_UPKEEP };
        }
    }

    /// Works on what is due now, and waits until that is finished. Returns how many payments it
    /// worked on.
    ///
    /// For schedulers that start a process every so often, and for tests. Such a process calls
    /// [`purge`](Self::purge) as well, and if it confirms, [`resolve_conflicts`](Self::resolve_conflicts).
    ///
    /// # Errors
    ///
    /// Returns an error if the store cannot [claim](crate::InboxStore::claim).
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let mut count: usize = 0;
        while !self.0.stop.is_cancelled() {
            let claims = self.claim(RUN_ONCE_BATCH).await?;
            if claims.is_empty() {
                break;
            }
            count = count.saturating_add(claims.len());
            for claim in claims {
                self.process(claim).await;
            }
        }
        Ok(count)
    }

    /// Stops: begins no new work, and waits for the work that has begun. What is not finished within
    /// the limit is rolled back and released, so that another process can claim it at once.
    ///
    /// Call it after the server has stopped, and exit when it returns. A postback that arrives all the
    /// same is stored, gets a 503, and waits for another process or the next start.
    pub async fn drain(&self, limit: Duration) {
        let inner = &self.0;
        inner.stop.cancel();
        inner.tasks.close();
        if timeout(limit, inner.tasks.wait()).await.is_err() {
            inner.abort.cancel();
            let grace = inner.limits.statement;
            if timeout(grace, inner.tasks.wait()).await.is_err() {
                warn!("unfinished payments stay leased until their leases expire");
            }
        }
        // Postbacks that still come are stored.
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
        match inner.store.promote(&inner.project, PROMOTE_BATCH).await {
            Ok(promoted) => {
                for id in promoted {
                    info!(%id, "conflict is promoted: nothing of its invoice is unfinished or done");
                }
            }
            // What is due does not wait for that.
            Err(error) => warn_of(&error, "inbox cannot promote conflicts"),
        }
        let query = ClaimQuery {
            limit,
            lease: inner.limits.lease,
            retry_span: inner.retry_span,
        };
        let claimed = inner.store.claim(&inner.project, query).await?;
        for claim in &claimed.claims {
            self.measure(Measured::Claim(claim));
        }
        for id in claimed.used_up {
            self.measure(Measured::Held(HoldKind::AttemptsUsedUp));
            error!(%id, "payment held for review: it kept failing for the whole retry span");
        }
        Ok(claimed.claims)
    }

    /// Purges, and returns whether the schema is still one that this program knows.
    async fn upkeep(&self) -> bool {
        if let Err(error) = self.0.store.check().await {
            let kind = error.kind();
            error!(error = &error as &dyn Error, "store cannot be used");
            // Anything else may have passed by the next poll.
            return !matches!(
                kind,
                StoreErrorKind::SchemaMissing
                    | StoreErrorKind::SchemaTooNew
                    | StoreErrorKind::SchemaTooOld
            );
        }
        if let Err(error) = self.purge().await {
            warn_of(&error, "inbox cannot purge");
        }
        true
    }

    /// Clears the fields of payments that were settled longer ago than the retention, and returns how
    /// many. The worker does it soon after its start and then every hour.
    ///
    /// # Errors
    ///
    /// Returns an error if the database call fails.
    pub async fn purge(&self) -> Result<u64, StoreError> {
        let inner = &self.0;
        let mut total: u64 = 0;
        while !inner.stop.is_cancelled() {
            let batch = inner
                .store
                .purge(&inner.project, inner.retention, inner.purge, PURGE_BATCH)
                .await?;
            self.measure(Measured::Purged(batch));
            total = total.saturating_add(batch);
            if batch < u64::from(PURGE_BATCH) {
                break;
            }
        }
        Ok(total)
    }
}

fn warn_of(error: &StoreError, message: &str) {
    warn!(error = error as &dyn Error, "{message}");
}

const POLL: Duration = Duration::from_secs(2);
const RESOLVE_CONFLICTS: Duration = Duration::from_secs(60);
const FIRST_UPKEEP: Duration = Duration::from_secs(30);
const UPKEEP: Duration = Duration::from_secs(3_600);
const PROMOTE_BATCH: u32 = 100;
const PURGE_BATCH: u32 = 1_000;
const RUN_ONCE_BATCH: u32 = 10;
