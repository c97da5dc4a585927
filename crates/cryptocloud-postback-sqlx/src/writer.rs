//! Claims and completions that would wait for each other are written together instead.

use std::{
    collections::VecDeque,
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use cryptocloud_postback_inbox::{Lease, Report, StoreError, StoreErrorKind};
use tokio::{
    sync::oneshot::{self, Receiver, Sender},
    task,
};

use crate::error::Failure;

pub(crate) enum Write {
    Claim(Report, Duration),
    Complete(Lease),
}

#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Written {
    /// None where somebody has claimed it before.
    Claim(Option<Lease>),
    /// Whether the lease still held.
    Complete(bool),
}

/// Where it is written. What is returned is committed.
pub(crate) trait Backend: Send + Sync + 'static {
    /// Whether claims and completions go together.
    const MIXES: bool;

    fn alone(&self, write: &Write) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// None for each of which nothing came, and that is worth a try alone.
    fn together(&self, writes: &[Write]) -> impl Future<Output = Vec<Option<Written>>> + Send;
}

/// Lets a few write at once, each of them alone.
///
/// Whoever comes while all slots are taken waits, and the first one that gets a slot writes for all who
/// wait.
pub(crate) struct Writer<B>(Arc<Shared<B>>);

struct Shared<B> {
    backend: Arc<B>,
    limits: Limits,
    queue: Mutex<Queue<B>>,
}

#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// How many are written together.
    pub(crate) batch: usize,
    /// How many may write at once.
    pub(crate) slots: usize,
}

/// Nobody waits while a slot is free.
struct Queue<B> {
    free: usize,
    waiting: VecDeque<Waiting<B>>,
}

struct Waiting<B> {
    answer: Sender<Answer<B>>,
    write: Write,
}

enum Answer<B> {
    Alone(Write),
    Turn(Write, Slot<B>),
    Written(Written),
}

impl<B: Backend> Writer<B> {
    pub(crate) fn new(backend: B, limits: Limits) -> Self {
        Self::shared(Arc::new(backend), limits)
    }

    /// Another one, with slots of its own.
    pub(crate) fn with_limits(&self, limits: Limits) -> Self {
        Self::shared(Arc::clone(&self.0.backend), limits)
    }

    fn shared(backend: Arc<B>, limits: Limits) -> Self {
        let queue = Queue {
            // Without any nothing would ever be written.
            free: limits.slots.max(1),
            waiting: VecDeque::new(),
        };
        Self(Arc::new(Shared {
            backend,
            limits,
            queue: Mutex::new(queue),
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
        let backend = &self.0.backend;
        let mut turn = self.enter(write);
        loop {
            let (write, slot) = match turn {
                Ok(now) => now,
                Err(later) => match later.await {
                    Ok(Answer::Alone(write)) => return backend.alone(&write).await,
                    Ok(Answer::Turn(write, slot)) => (write, slot),
                    Ok(Answer::Written(written)) => return Ok(written),
                    Err(_) => return Err(stopped()),
                },
            };
            let others = slot.waiting(&write);
            if others.is_empty() {
                return backend.alone(&write).await;
            }
            turn = Err(slot.write_for(others, write));
        }
    }

    /// A slot, or the answer of whoever gets one.
    fn enter(&self, write: Write) -> Result<(Write, Slot<B>), Receiver<Answer<B>>> {
        let mut queue = self.0.queue();
        if queue.free > 0 {
            queue.free -= 1;
            return Ok((write, Slot(Arc::clone(&self.0))));
        }
        let (answer, later) = oneshot::channel();
        queue.waiting.push_back(Waiting { answer, write });
        Err(later)
    }
}

impl<B> Clone for Writer<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B> fmt::Debug for Writer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

impl<B> Shared<B> {
    /// Nothing panics between two changes of the queue.
    fn queue(&self) -> MutexGuard<'_, Queue<B>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to write. Where it is dropped, the next one who waits has it.
struct Slot<B>(Arc<Shared<B>>);

impl<B: Backend> Slot<B> {
    /// Those who can be written with it.
    fn waiting(&self, write: &Write) -> Vec<Waiting<B>> {
        let others = self.0.limits.batch.saturating_sub(1);
        let kind = mem::discriminant(write);
        let mut queue = self.0.queue();
        let mut taken = Vec::new();
        for one in mem::take(&mut queue.waiting) {
            let fits = B::MIXES || mem::discriminant(&one.write) == kind;
            // Whoever has gone away wants nothing written.
            match one.is_there() {
                true if fits && taken.len() < others => taken.push(one),
                true => queue.waiting.push_back(one),
                false => {}
            }
        }
        taken
    }

    /// In a task of its own, so that one who goes away takes nothing of the others' with it.
    fn write_for(self, mut all: Vec<Waiting<B>>, write: Write) -> Receiver<Answer<B>> {
        let (answer, later) = oneshot::channel();
        all.push(Waiting { answer, write });
        task::spawn(async move {
            let (answers, writes): (Vec<_>, Vec<_>) =
                all.into_iter().map(|one| (one.answer, one.write)).unzip();
            let written = self.0.backend.together(&writes).await;
            for ((answer, write), written) in answers.into_iter().zip(writes).zip(written) {
                // Whoever has gone away since then is freed by the lease.
                let _ = answer.send(match written {
                    Some(written) => Answer::Written(written),
                    None => Answer::Alone(write),
                });
            }
        });
        later
    }
}

impl<B> Drop for Slot<B> {
    fn drop(&mut self) {
        let next = {
            let mut queue = self.0.queue();
            queue.waiting.retain(Waiting::is_there);
            let next = queue.waiting.pop_front();
            queue.free += usize::from(next.is_none());
            next
        };
        if let Some(next) = next {
            let slot = Self(Arc::clone(&self.0));
            // One who goes away just now drops the slot too.
            let _ = next.answer.send(Answer::Turn(next.write, slot));
        }
    }
}

impl<B> Waiting<B> {
    fn is_there(&self) -> bool {
        !self.answer.is_closed()
    }
}

fn stopped() -> Failure {
    let text = "the runtime that wrote it was shut down";
    Failure::Store(StoreError::new(StoreErrorKind::Unavailable, text))
}

#[cfg(test)]
mod tests;
