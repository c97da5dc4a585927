mod builder;
mod confirm;
mod conflicts;
mod credited;
mod measure;
mod operator;
mod process;
mod ready;
mod receive;
mod reconcile;
mod rest;
mod worker;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::{
    runtime::Handle,
    sync::{Notify, Semaphore},
    task::JoinHandle,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{
    builder::{InboxBuildError, InboxBuilder},
    credited::Credited,
    ready::NotReady,
};
use crate::{
    Attempt, Confirm, Handler, IdentityPolicy, InboxStore, Limits, Mode, Payment, Purge, Settled,
    Settles,
};

/// Stores postbacks, runs the handler, and retries until each payment is settled.
///
/// It is for one project and one handler. A clone costs an `Arc`, so it goes into any framework's
/// state.
///
/// Postbacks and retries run as tasks of the runtime on which the inbox was built, not of the caller:
/// actix-web gives each worker a runtime of its own, and its tasks end with that worker.
/// Build the inbox in `main`, and keep that runtime until [`drain`](Self::drain) has returned.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback_inbox::{Failure, Handler, Inbox, MemoryStore, Payment};
///
/// struct Shop;
///
/// impl Handler<()> for Shop {
///     async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
///         println!("invoice {} is paid", payment.invoice_id());
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let inbox = Inbox::builder("shop", MemoryStore::new(100_000), Shop).start().await?;
/// // Mount the adapter's route with it; on SIGTERM:
/// inbox.drain(std::time::Duration::from_secs(20)).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Inbox(Arc<Inner>);

struct Inner {
    confirm: Option<Arc<dyn Confirm>>,
    /// Notified when a conflict has arrived.
    conflict: Notify,
    engine: Arc<dyn Engine>,
    /// Whether the handler's effect and the state `done` are committed together.
    is_atomic: bool,
    limits: Limits,
    mode: Mode,
    policy: IdentityPolicy,
    project: Box<str>,
    purge: Purge,
    retention: Duration,
    retry_span: Duration,
    /// The runtime on which the inbox was built.
    runtime: Handle,
    store: Arc<dyn InboxStore>,
    /// One permit for each handler that a worker may run at a time.
    free: Arc<Semaphore>,
    /// Cancelled when no new work is to begin.
    stop: CancellationToken,
    /// Cancelled when the work that has begun is to end.
    abort: CancellationToken,
    tasks: TaskTracker,
    wake: Notify,
    workers: usize,
}

impl Inbox {
    /// Starts with the required parts. The project's name separates it from others in the same
    /// store; never change it, or every payment of before counts as new.
    pub fn builder<S, H>(project: impl Into<Box<str>>, store: S, handler: H) -> InboxBuilder<S, H>
    where
        S: Settles,
        H: Handler<S::Tx>,
    {
        InboxBuilder::new(project.into(), store, handler)
    }

    /// The project's name.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.0.project
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &dyn InboxStore {
        &*self.0.store
    }

    /// Runs work that must outlive the caller, and that [`drain`](Self::drain) waits for.
    fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.0.tasks.spawn_on(work, &self.0.runtime)
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("project", &self.0.project)
            .field("mode", &self.0.mode)
            .field("policy", &self.0.policy)
            .field("limits", &self.0.limits)
            .field("workers", &self.0.workers)
            .field("store", &self.0.store)
            .finish_non_exhaustive()
    }
}

/// A store and a handler, whose types the inbox does not name, so that it goes into any state.
#[async_trait]
trait Engine: Send + Sync {
    async fn settle(&self, payment: &Payment, limits: &Limits) -> Settled;
}

struct Pair<S, H> {
    handler: H,
    store: Arc<S>,
}

#[async_trait]
impl<S: Settles, H: Handler<S::Tx>> Engine for Pair<S, H> {
    async fn settle(&self, payment: &Payment, limits: &Limits) -> Settled {
        let attempt = Attempt::new(&self.handler, limits, payment);
        self.store.settle(attempt).await
    }
}
