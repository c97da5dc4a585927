use std::{fmt, sync::Arc, time::Duration};

use cryptocloud_postback::Verified;
use tokio::{
    task::{self, JoinHandle},
    time,
};

use crate::{
    ClaimId, Conflict, InboxBuildError, InboxBuilder, InboxError, InboxStore, KeyPolicy, Outcome,
    Report, StoreError, StoreErrorKind,
};

/// Lets a handler process each payment of one project once.
///
/// A clone costs an `Arc`, so it goes into any framework's state.
#[derive(Clone, Debug)]
pub struct Inbox(Arc<Settings>);

pub(crate) struct Settings {
    pub(crate) key_policy: KeyPolicy,
    pub(crate) lease: Duration,
    pub(crate) project: Box<str>,
    pub(crate) store: Arc<dyn InboxStore>,
    pub(crate) store_timeout: Duration,
}

impl Inbox {
    /// With the defaults of [`builder`](Self::builder).
    ///
    /// # Errors
    ///
    /// [`InboxBuildError::Project`] for what is no name.
    pub fn new(project: &str, store: impl InboxStore) -> Result<Self, InboxBuildError> {
        Self::builder(project, store).build()
    }

    /// Starts with a project's name, which keeps it apart from others in the same store, and a store.
    pub fn builder(project: &str, store: impl InboxStore) -> InboxBuilder {
        InboxBuilder::new(project, Arc::new(store))
    }

    /// Starts with a store that others use too.
    pub fn builder_shared(project: &str, store: Arc<dyn InboxStore>) -> InboxBuilder {
        InboxBuilder::new(project, store)
    }

    pub(crate) fn from_settings(settings: Settings) -> Self {
        Self(Arc::new(settings))
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0
    }

    /// Claims the payment, runs the handler where it was not processed before, and tells the store.
    ///
    /// All of it runs in a task of its own on the current tokio runtime.
    /// Where the caller is dropped, because the client hung up, the work goes on to its end; where the
    /// runtime shuts down, the lease frees the claim.
    /// The handler's panic or error gives the claim back at once.
    /// While the handler runs, its lease is renewed.
    ///
    /// # Errors
    ///
    /// Every [`InboxError`]; [`InboxError::status_code`] says what to answer.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn handle<H, F, T, E>(
        &self,
        verified: &Verified,
        handler: H,
    ) -> Result<Outcome<T>, InboxError<E>>
    where
        H: FnOnce(Verified) -> F + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let work = self.clone().process(verified.clone(), handler);
        joined(task::spawn(work)).await
    }

    /// Like [`handle`](Self::handle) for a handler that cannot leave its thread, as in actix-web.
    ///
    /// # Errors
    ///
    /// Those of [`handle`](Self::handle).
    ///
    /// # Panics
    ///
    /// Outside of a [`LocalSet`](task::LocalSet), such as actix-web's runtime is.
    pub async fn handle_local<H, F, T, E>(
        &self,
        verified: &Verified,
        handler: H,
    ) -> Result<Outcome<T>, InboxError<E>>
    where
        H: FnOnce(Verified) -> F + 'static,
        F: Future<Output = Result<T, E>> + 'static,
        T: 'static,
        E: 'static,
    {
        let work = self.clone().process(verified.clone(), handler);
        joined(task::spawn_local(work)).await
    }

    /// What to claim in a transaction of your own, with the `claim_in` of a store.
    ///
    /// # Errors
    ///
    /// Returns [`StoreErrorKind::Corrupt`] if the postback reports no amount or no currency.
    pub fn report(&self, verified: &Verified) -> Result<Report, StoreError> {
        Report::of(&self.0.project, self.0.key_policy, verified.reported())
            .ok_or_else(|| StoreErrorKind::Corrupt.into())
    }

    /// Lists at most `limit` open conflicts of this project, those after an id, in the order of ids.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn conflicts(
        &self,
        after: Option<&ClaimId>,
        limit: u32,
    ) -> Result<Vec<Conflict>, StoreError> {
        let conflicts = self.0.store.conflicts(&self.0.project, after, limit);
        self.in_time(conflicts).await
    }

    /// Processes a conflicting report after all: runs the handler on it, once.
    ///
    /// Where the first report was processed too, the merchant's effect happens for both: compare them
    /// before, and let the handler correct what the first one did.
    /// From then on a resend of either is a duplicate.
    /// Like [`handle`](Self::handle) it runs in a task of its own.
    ///
    /// # Errors
    ///
    /// Those of [`handle`](Self::handle), and [`StoreErrorKind::NotFound`] where this project has no
    /// such open conflict.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn accept<H, F, T, E>(
        &self,
        id: &ClaimId,
        handler: H,
    ) -> Result<Outcome<T>, InboxError<E>>
    where
        H: FnOnce(Report) -> F + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let conflict = self.conflict(id).await?;
        let work = self.clone().process_conflict(conflict.report, handler);
        joined(task::spawn(work)).await
    }

    /// Settles a conflict without processing it: the same report is refused from then on.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::NotFound`] where this project has no such open conflict, or it is just being
    /// accepted; else those of the store.
    pub async fn discard(&self, id: &ClaimId) -> Result<(), StoreError> {
        self.conflict(id).await?;
        self.in_time(self.0.store.discard(id)).await
    }

    /// Finds an open conflict of this project.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::NotFound`] where this project has no such open conflict; else those of the
    /// store.
    pub async fn conflict(&self, id: &ClaimId) -> Result<Conflict, StoreError> {
        let found = self.in_time(self.0.store.conflict(id)).await?;
        found
            .filter(|conflict| *conflict.report.key().project() == *self.0.project)
            .ok_or_else(|| StoreErrorKind::NotFound.into())
    }

    /// Forgets what was settled longer ago than `age`, in batches of a thousand, and says how much.
    ///
    /// A resend of what was forgotten is processed again, and whether there is an end to resends is not
    /// documented: keep at least a year, or have a unique index on the invoice in your own tables.
    ///
    /// # Errors
    ///
    /// Those of the store; the batches before stay purged.
    pub async fn purge(&self, age: Duration) -> Result<u64, StoreError> {
        let mut total = 0_u64;
        loop {
            let batch = self.0.store.purge(&self.0.project, age, PURGE_BATCH);
            let purged = self.in_time(batch).await?;
            total = total.saturating_add(purged);
            if purged < u64::from(PURGE_BATCH) {
                return Ok(total);
            }
            task::yield_now().await;
        }
    }

    /// Waits for the store as long as it may take.
    pub(crate) async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match time::timeout(self.0.store_timeout, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(StoreErrorKind::TimedOut.into()),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("key_policy", &self.key_policy)
            .field("lease", &self.lease)
            .field("project", &self.project)
            .field("store", &self.store)
            .field("store_timeout", &self.store_timeout)
            .finish()
    }
}

/// Waits for the task, which goes on without the waiter too.
async fn joined<T, E>(
    task: JoinHandle<Result<Outcome<T>, InboxError<E>>>,
) -> Result<Outcome<T>, InboxError<E>> {
    match task.await {
        Ok(result) => result,
        Err(error) if error.is_panic() => Err(InboxError::Panicked),
        Err(_) => Err(InboxError::Interrupted),
    }
}

const PURGE_BATCH: u32 = 1_000;
