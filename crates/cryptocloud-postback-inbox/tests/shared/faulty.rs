//! A store in memory whose calls fail as a test asks for.

use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use cryptocloud_postback::UnixTime;
use cryptocloud_postback_inbox::{
    Accepted, Attempt, Begin, Claim, ClaimQuery, Claimed, Counts, Decided, Decision, Handler, Hold,
    InboxStore, MemoryStore, Purge, Receipt, Record, Report, ReportId, Settled, Settles, Start,
    State, StoreError, StoreErrorKind, Turn,
};

/// What goes wrong in a call.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "each test program uses some of them")]
pub(crate) enum Fault {
    /// The call fails and changes nothing.
    Before(StoreErrorKind),
    /// The call fails after its change.
    After(StoreErrorKind),
    /// The call changes nothing and never returns.
    Hangs,
    /// The call never returns after its change.
    HangsAfter,
    /// The store panics.
    Panics,
    /// The call takes this long.
    Slow(Duration),
}

/// The faults of a store by the name of its method; a clone is the same store.
#[derive(Clone, Debug)]
pub(crate) struct FaultyStore {
    faults: Arc<Mutex<HashMap<&'static str, Fault>>>,
    inner: Arc<MemoryStore>,
}

impl FaultyStore {
    pub(crate) fn new(inner: MemoryStore) -> Self {
        Self {
            faults: Arc::default(),
            inner: Arc::new(inner),
        }
    }

    /// From now on, until [`repair`](Self::repair).
    pub(crate) fn fail(&self, method: &'static str, fault: Fault) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.insert(method, fault);
    }

    pub(crate) fn repair(&self) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.clear();
    }

    async fn call<T>(
        &self,
        method: &'static str,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let fault = {
            let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            faults.get(method).copied()
        };
        match fault {
            None => work.await,
            Some(Fault::Before(kind)) => Err(kind.into()),
            Some(Fault::After(kind)) => {
                work.await?;
                Err(kind.into())
            }
            Some(Fault::Hangs) => pending().await,
            Some(Fault::HangsAfter) => {
                work.await?;
                pending().await
            }
            Some(Fault::Panics) => panic!("a bug of the store"),
            Some(Fault::Slow(duration)) => {
                tokio::time::sleep(duration).await;
                work.await
            }
        }
    }
}

impl Settles for FaultyStore {
    type Tx = ();

    const IS_ATOMIC: bool = true;

    async fn settle<H: Handler<()>>(&self, attempt: Attempt<'_, H>) -> Settled {
        self.inner.settle(attempt).await
    }
}

#[async_trait]
impl InboxStore for FaultyStore {
    async fn check(&self) -> Result<(), StoreError> {
        self.call("check", self.inner.check()).await
    }

    async fn now(&self) -> Result<UnixTime, StoreError> {
        self.call("now", self.inner.now()).await
    }

    async fn receive(&self, report: &Report, start: Start) -> Result<Receipt, StoreError> {
        self.call("receive", self.inner.receive(report, start))
            .await
    }

    async fn reconcile(
        &self,
        report: &Report,
        rest: Option<&Hold>,
    ) -> Result<ReportId, StoreError> {
        self.inner.reconcile(report, rest).await
    }

    async fn begin_reconciliation(
        &self,
        project: &str,
        lease: Duration,
        begin: Begin,
    ) -> Result<Option<Turn>, StoreError> {
        let begun = self.inner.begin_reconciliation(project, lease, begin);
        self.call("begin_reconciliation", begun).await
    }

    async fn end_reconciliation(
        &self,
        turn: &Turn,
        cursor: Option<UnixTime>,
        next: Duration,
    ) -> Result<(), StoreError> {
        let ended = self.inner.end_reconciliation(turn, cursor, next);
        self.call("end_reconciliation", ended).await
    }

    async fn claim(&self, project: &str, query: ClaimQuery) -> Result<Claimed, StoreError> {
        self.call("claim", self.inner.claim(project, query)).await
    }

    async fn renew(&self, claim: &Claim, lease: Duration) -> Result<(), StoreError> {
        self.call("renew", self.inner.renew(claim, lease)).await
    }

    async fn hold(&self, claim: &Claim, hold: &Hold) -> Result<(), StoreError> {
        self.call("hold", self.inner.hold(claim, hold)).await
    }

    async fn fail(&self, claim: &Claim, error: &str, delay: Duration) -> Result<(), StoreError> {
        self.call("fail", self.inner.fail(claim, error, delay))
            .await
    }

    async fn postpone(
        &self,
        claim: &Claim,
        reason: &str,
        delay: Duration,
    ) -> Result<(), StoreError> {
        self.call("postpone", self.inner.postpone(claim, reason, delay))
            .await
    }

    async fn promote(&self, project: &str, limit: u32) -> Result<Vec<ReportId>, StoreError> {
        self.call("promote", self.inner.promote(project, limit))
            .await
    }

    async fn accept(
        &self,
        project: &str,
        id: ReportId,
        accepted: &Accepted,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        self.inner.accept(project, id, accepted, decision).await
    }

    async fn retry(
        &self,
        project: &str,
        id: ReportId,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        self.inner.retry(project, id, decision).await
    }

    async fn discard(
        &self,
        project: &str,
        id: ReportId,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        self.inner.discard(project, id, decision).await
    }

    async fn get(&self, project: &str, id: ReportId) -> Result<Option<Record>, StoreError> {
        self.inner.get(project, id).await
    }

    async fn find(&self, project: &str, invoice_id: &str) -> Result<Vec<Record>, StoreError> {
        self.inner.find(project, invoice_id).await
    }

    async fn list(
        &self,
        project: &str,
        state: State,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        self.inner.list(project, state, after, limit).await
    }

    async fn counts(&self, project: &str) -> Result<Counts, StoreError> {
        self.call("counts", self.inner.counts(project)).await
    }

    async fn oldest_unfinished(&self, project: &str) -> Result<Option<Duration>, StoreError> {
        self.inner.oldest_unfinished(project).await
    }

    async fn history(&self, project: &str, id: ReportId) -> Result<Vec<Decided>, StoreError> {
        self.inner.history(project, id).await
    }

    async fn purge(
        &self,
        project: &str,
        age: Duration,
        purge: Purge,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.call("purge", self.inner.purge(project, age, purge, limit))
            .await
    }
}
