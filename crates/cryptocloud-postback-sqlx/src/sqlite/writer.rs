//! Claims and completions that arrive together share one commit: it is the flush that takes the time.

use std::{
    collections::VecDeque,
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use cryptocloud_postback_inbox::{Lease, Report, StoreError, StoreErrorKind};
use sqlx::{SqliteConnection, SqlitePool};
use tokio::{sync::oneshot, task};

use super::{BEGIN, steps};
use crate::{error::Failure, statements::Statements};

/// Hands what is to be written to a task, which lives while there is something to write.
///
/// A caller who goes away takes nothing with it.
#[derive(Clone)]
pub(crate) struct Writer(Arc<Shared>);

struct Shared {
    max_batch: usize,
    pool: SqlitePool,
    queue: Mutex<Queue>,
    statements: Arc<Statements>,
}

#[derive(Default)]
struct Queue {
    is_running: bool,
    jobs: VecDeque<Job>,
}

struct Job {
    answer: oneshot::Sender<Result<Written, Failure>>,
    write: Write,
}

enum Write {
    Claim(Report, Duration),
    Complete(Lease),
}

enum Written {
    Claim(Option<Lease>),
    Complete(bool),
}

impl Writer {
    pub(crate) fn new(pool: SqlitePool, statements: Arc<Statements>, max_batch: usize) -> Self {
        Self(Arc::new(Shared {
            // With none at all nothing would ever be written.
            max_batch: max_batch.max(1),
            pool,
            queue: Mutex::default(),
            statements,
        }))
    }

    /// Claims what nobody has claimed.
    pub(crate) async fn claim(
        &self,
        report: &Report,
        lease: Duration,
    ) -> Result<Option<Lease>, Failure> {
        match self.write(Write::Claim(report.clone(), lease)).await? {
            Written::Claim(lease) => Ok(lease),
            Written::Complete(_) => Err(Failure::corrupt()),
        }
    }

    /// Whether the lease still held.
    pub(crate) async fn complete(&self, lease: &Lease) -> Result<bool, Failure> {
        match self.write(Write::Complete(lease.clone())).await? {
            Written::Complete(is_held) => Ok(is_held),
            Written::Claim(_) => Err(Failure::corrupt()),
        }
    }

    async fn write(&self, write: Write) -> Result<Written, Failure> {
        let (answer, answered) = oneshot::channel();
        if self.0.push(Job { answer, write }) {
            let running = Running {
                has_ended: false,
                shared: Arc::clone(&self.0),
            };
            task::spawn(running.run());
        }
        match answered.await {
            Ok(written) => written,
            Err(_) => Err(Failure::Store(StoreError::new(
                StoreErrorKind::Unavailable,
                "the runtime of the writer was shut down",
            ))),
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

/// The task, also where its runtime drops it halfway: then the next caller starts another.
struct Running {
    has_ended: bool,
    shared: Arc<Shared>,
}

impl Running {
    async fn run(mut self) {
        while let Some(jobs) = self.next() {
            self.shared.write(jobs).await;
        }
        self.has_ended = true;
    }

    /// None where the queue is empty; the one who fills it next starts another task.
    fn next(&self) -> Option<Vec<Job>> {
        let mut queue = self.shared.queue();
        // Whoever has given up wants nothing written.
        queue.jobs.retain(|job| !job.answer.is_closed());
        let count = queue.jobs.len().min(self.shared.max_batch);
        queue.is_running = count > 0;
        (count > 0).then(|| queue.jobs.drain(..count).collect())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended {
            let mut queue = self.shared.queue();
            queue.is_running = false;
            queue.jobs.clear();
        }
    }
}

impl Shared {
    /// Nothing panics between two changes of the queue.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody has to start the task.
    fn push(&self, job: Job) -> bool {
        let mut queue = self.queue();
        queue.jobs.push_back(job);
        !mem::replace(&mut queue.is_running, true)
    }

    /// Each gets its answer after the commit, and its own error where one fails.
    async fn write(&self, jobs: Vec<Job>) {
        if jobs.len() > 1
            && let Ok(written) = self.write_together(&jobs).await
        {
            for (job, written) in jobs.into_iter().zip(written) {
                // Whoever has given up since then is freed by the lease.
                let _ = job.answer.send(Ok(written));
            }
            return;
        }
        for job in jobs.into_iter().filter(|job| !job.answer.is_closed()) {
            let written = self.write_alone(&job.write).await;
            let _ = job.answer.send(written);
        }
    }

    async fn write_alone(&self, write: &Write) -> Result<Written, Failure> {
        let mut connection = self.pool.acquire().await?;
        write.run(&mut connection, &self.statements).await
    }

    /// All or nothing: where one fails, none is written.
    async fn write_together(&self, jobs: &[Job]) -> Result<Vec<Written>, Failure> {
        let mut transaction = self.pool.begin_with(BEGIN).await?;
        let mut written = Vec::with_capacity(jobs.len());
        for job in jobs {
            written.push(job.write.run(&mut transaction, &self.statements).await?);
        }
        transaction.commit().await?;
        Ok(written)
    }
}

impl Write {
    async fn run(
        &self,
        connection: &mut SqliteConnection,
        statements: &Statements,
    ) -> Result<Written, Failure> {
        match self {
            Self::Claim(report, lease) => {
                let lease = steps::insert_claim(connection, statements, report, *lease).await?;
                Ok(Written::Claim(lease))
            }
            Self::Complete(lease) => {
                let complete = steps::held(&statements.complete, lease);
                let completed = complete.execute(connection).await?;
                Ok(Written::Complete(completed.rows_affected() > 0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, task::Poll};

    use cryptocloud_postback_inbox::{ClaimId, Fingerprint, Owner};
    use sqlx::sqlite::SqlitePoolOptions;
    use tokio::runtime;

    use super::*;
    use crate::{TableName, sqlite::statements::TEXTS};

    #[test]
    fn dropped_with_its_runtime_it_starts_again() -> std::io::Result<()> {
        let runtime = || runtime::Builder::new_current_thread().enable_all().build();
        let first = runtime()?;
        let writer = first.block_on(async {
            let pool = SqlitePoolOptions::new().connect_lazy("sqlite::memory:");
            let pool = pool.unwrap_or_else(|error| panic!("{error}"));
            let statements = Statements::new(&TEXTS, &TableName::default());
            Writer::new(pool, Arc::new(statements), 64)
        });
        let id = ClaimId::new([0; 32], Fingerprint::from_bytes([0; 32]));
        let lease = Lease::new(id, Owner::unique(), 1);
        let mut write = Box::pin(writer.complete(&lease));
        let poll = poll_fn(|context| Poll::Ready(write.as_mut().poll(context).is_pending()));
        assert!(first.block_on(poll));
        assert!(writer.0.queue().is_running);
        drop(first);
        assert!(!writer.0.queue().is_running);
        let error = runtime()?.block_on(write).err().map(StoreError::from);
        let kind = error.map(|error| error.kind());
        assert_eq!(kind, Some(StoreErrorKind::Unavailable));
        Ok(())
    }
}
