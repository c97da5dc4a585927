use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use cryptocloud_postback_inbox::{
    Claim, ClaimId, Conflict, InboxStore, Lease, MemoryStore, Report, StoreError, StoreErrorKind,
};
use tokio::task;

/// A store that fails as a test says, and yields before and after each effect.
#[derive(Clone)]
pub(crate) struct FaultyStore {
    faults: Arc<Mutex<HashMap<Call, Vec<Fault>>>>,
    inner: Arc<MemoryStore>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Call {
    Claim,
    Complete,
    Release,
    Renew,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Nothing happens, with an error.
    Before(StoreErrorKind),
    /// It happens, but the answer is an error.
    After(StoreErrorKind),
    /// Nothing happens, and no answer comes.
    Hang,
    /// It happens, and no answer comes.
    HangAfter,
}

impl FaultyStore {
    pub(crate) fn new(inner: MemoryStore) -> Self {
        Self {
            faults: Arc::default(),
            inner: Arc::new(inner),
        }
    }

    /// The next calls of this kind fail, one after the other.
    pub(crate) fn fail(&self, call: Call, faults: &[Fault]) {
        let faults = faults.iter().rev().copied().collect();
        self.lock().insert(call, faults);
    }

    /// How many faults of this kind have not happened yet.
    pub(crate) fn left(&self, call: Call) -> usize {
        self.lock().get(&call).map_or(0, Vec::len)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Call, Vec<Fault>>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run<T>(
        &self,
        call: Call,
        effect: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let fault = self.lock().get_mut(&call).and_then(Vec::pop);
        task::yield_now().await;
        match fault {
            Some(Fault::Before(kind)) => return Err(kind.into()),
            Some(Fault::Hang) => std::future::pending().await,
            _ => {}
        }
        let result = effect.await;
        task::yield_now().await;
        match fault {
            Some(Fault::After(kind)) => Err(kind.into()),
            Some(Fault::HangAfter) => std::future::pending().await,
            _ => result,
        }
    }
}

#[async_trait]
impl InboxStore for FaultyStore {
    async fn claim(&self, report: &Report, lease: Duration) -> Result<Claim, StoreError> {
        self.run(Call::Claim, self.inner.claim(report, lease)).await
    }

    async fn complete(&self, lease: &Lease) -> Result<(), StoreError> {
        self.run(Call::Complete, self.inner.complete(lease)).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.run(Call::Release, self.inner.release(lease)).await
    }

    async fn renew(&self, lease: &Lease, duration: Duration) -> Result<(), StoreError> {
        self.run(Call::Renew, self.inner.renew(lease, duration))
            .await
    }

    async fn purge(&self, project: &str, age: Duration, limit: u32) -> Result<u64, StoreError> {
        self.inner.purge(project, age, limit).await
    }

    async fn conflicts(
        &self,
        project: &str,
        after: Option<&ClaimId>,
        limit: u32,
    ) -> Result<Vec<Conflict>, StoreError> {
        self.inner.conflicts(project, after, limit).await
    }

    async fn conflict(&self, id: &ClaimId) -> Result<Option<Conflict>, StoreError> {
        self.inner.conflict(id).await
    }

    async fn accept(&self, id: &ClaimId, lease: Duration) -> Result<Claim, StoreError> {
        self.inner.accept(id, lease).await
    }

    async fn discard(&self, id: &ClaimId) -> Result<(), StoreError> {
        self.inner.discard(id).await
    }
}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultyStore")
    }
}
