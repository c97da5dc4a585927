use std::{fmt, sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::{Notify, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Inbox, Inner, Pair, measure::Measured};
use crate::{Confirm, Handler, IdentityPolicy, Limits, Mode, Purge, Settles, StoreError};

/// Settings of an [`Inbox`], from [`Inbox::builder`].
#[must_use]
pub struct InboxBuilder<S, H> {
    confirm: Option<Arc<dyn Confirm>>,
    handler: H,
    limits: Limits,
    mode: Mode,
    policy: IdentityPolicy,
    project: Box<str>,
    purge: Purge,
    retention: Duration,
    retry_span: Duration,
    store: Arc<S>,
    workers: usize,
}

impl<S, H> InboxBuilder<S, H>
where
    S: Settles,
    H: Handler<S::Tx>,
{
    pub(super) fn new(project: Box<str>, store: S, handler: H) -> Self {
        Self {
            confirm: None,
            handler,
            limits: Limits::default(),
            mode: Mode::default(),
            policy: IdentityPolicy::default(),
            project,
            purge: Purge::Fields,
            retention: DAY.saturating_mul(400),
            retry_span: DAY.saturating_mul(7),
            store: Arc::new(store),
            workers: 4,
        }
    }

    /// Asks the vendor about each payment before the handler runs, unless an operator has accepted it.
    /// Defaults to not asking: then all but the invoice is unsigned.
    ///
    /// What the vendor does not confirm is asked about again, for as long as it cannot be asked and for
    /// 24 hours if the invoice is not paid yet; what it denies is held for review.
    /// Conflicts are resolved by asking, too.
    pub fn confirm(mut self, confirm: impl Confirm) -> Self {
        self.confirm = Some(Arc::new(confirm));
        self
    }

    /// Deletes settled payments after the retention, identity included. **A resend after that is
    /// credited again.** Defaults to `false`: only the reported fields are cleared.
    pub fn forget_identities(mut self, forget: bool) -> Self {
        self.purge = if forget {
            Purge::Identity
        } else {
            Purge::Fields
        };
        self
    }

    /// Which postbacks report the same payment. Defaults to
    /// [`IdentityPolicy::Invoice`].
    pub fn identity_policy(mut self, policy: IdentityPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The time limits. See [`Limits`] for the defaults.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// When the handler runs. Defaults to [`Mode::Direct`].
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// How long a settled payment keeps its reported fields. Defaults to 400 days; at least a day.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention;
        self
    }

    /// How long a payment may keep failing before it is held for review. Defaults to 7 days; at
    /// least a minute.
    pub fn retry_span(mut self, span: Duration) -> Self {
        self.retry_span = span;
        self
    }

    /// How many payments this process retries at a time. Defaults to 4. With 0 it only receives:
    /// some other process of the same project must have workers.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// Makes the inbox and starts no task. The tokio runtime that it is called on runs all of the
    /// inbox's tasks later.
    ///
    /// Call [`Inbox::run`] for the worker, or [`Inbox::run_once`] from a scheduler.
    ///
    /// # Errors
    ///
    /// Returns every [`InboxBuildError`] but `Store`.
    pub fn build(self) -> Result<Inbox, InboxBuildError> {
        if self.project.trim().is_empty() || self.project.chars().any(char::is_control) {
            return Err(InboxBuildError::Project);
        }
        if !self.limits.are_covered_by_lease() {
            return Err(InboxBuildError::Lease);
        }
        if self.confirm.is_some() && !self.limits.cover_confirmation() {
            return Err(InboxBuildError::ConfirmLimit);
        }
        if self.mode == Mode::StoreFirst && !S::IS_ATOMIC {
            return Err(InboxBuildError::StoreFirst);
        }
        if self.retention < DAY {
            return Err(InboxBuildError::Retention);
        }
        if self.retry_span < Duration::from_secs(60) {
            return Err(InboxBuildError::RetrySpan);
        }
        if self.workers > Semaphore::MAX_PERMITS {
            return Err(InboxBuildError::Workers);
        }
        let runtime = Handle::try_current().map_err(|_| InboxBuildError::Runtime)?;
        let inbox = Inbox(Arc::new(Inner {
            engine: Arc::new(Pair {
                handler: self.handler,
                store: Arc::clone(&self.store),
            }),
            confirm: self.confirm,
            conflict: Notify::new(),
            is_atomic: S::IS_ATOMIC,
            limits: self.limits,
            mode: self.mode,
            policy: self.policy,
            project: self.project,
            purge: self.purge,
            retention: self.retention,
            retry_span: self.retry_span,
            runtime,
            store: self.store,
            free: Arc::new(Semaphore::new(self.workers)),
            stop: CancellationToken::new(),
            abort: CancellationToken::new(),
            tasks: TaskTracker::new(),
            wake: Notify::new(),
            workers: self.workers,
        }));
        inbox.measure(Measured::Built);
        Ok(inbox)
    }

    /// Makes the inbox, checks that the store can be used, and starts the worker in this process,
    /// unless it has no [`workers`](Self::workers).
    ///
    /// # Errors
    ///
    /// Returns every [`InboxBuildError`].
    pub async fn start(self) -> Result<Inbox, InboxBuildError> {
        let inbox = self.build()?;
        inbox.store().check().await?;
        if inbox.0.workers > 0 {
            let worker = inbox.clone();
            inbox.0.runtime.spawn(async move { worker.run().await });
        }
        Ok(inbox)
    }
}

impl<S: fmt::Debug, H> fmt::Debug for InboxBuilder<S, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboxBuilder")
            .field("project", &self.project)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// Why an [`InboxBuilder`] makes no inbox.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InboxBuildError {
    /// A worker could lose its lease while it asks the vendor.
    #[error("lease is shorter than the confirm and statement limits combined")]
    ConfirmLimit,
    /// A worker that keeps its limits could still outlive its lease.
    #[error("lease is shorter than the handler, statement and idle-in-transaction limits combined")]
    Lease,
    /// The project's name is blank or has control characters.
    #[error("project name is blank or has control characters")]
    Project,
    /// The retention is shorter than a day.
    #[error("retention is shorter than a day")]
    Retention,
    /// The retry span is shorter than a minute.
    #[error("retry span is shorter than a minute")]
    RetrySpan,
    /// The inbox was built outside of a tokio runtime.
    #[error("inbox was built outside of a tokio runtime")]
    Runtime,
    /// The store cannot be used.
    #[error("store cannot be used")]
    Store(#[from] StoreError),
    /// The store-first mode promises what this store can lose.
    #[error(
        "store-first mode needs a store that commits the handler's effect and the settled payment \
         together: use the direct mode, or a database such as PostgreSQL or SQLite"
    )]
    StoreFirst,
    /// There are more workers than a semaphore has permits.
    #[error("too many workers")]
    Workers,
}

const DAY: Duration = Duration::from_secs(86_400);
