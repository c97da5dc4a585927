use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore},
    time::{self, Instant},
};

use crate::error::{Fault, Phase};

/// The lines in which handlers and writes of this process wait, so that a receive never waits for
/// all handlers.
///
/// Handlers get a part of the connections. If the database has one writer, all writes stand in
/// line, at most one handler among them. Other processes do not stand in this line: they try again
/// and again, and so handlers leave the database to them from time to time, as [`Burst`] says.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    burst: Arc<std::sync::Mutex<Burst>>,
    handlers: Arc<Semaphore>,
    writes: Option<Arc<Mutex<()>>>,
}

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _write: OwnedMutexGuard<()>,
}

/// The right to run a handler, until it is dropped.
#[derive(Debug)]
pub(crate) struct HandlerTurn {
    began: Instant,
    burst: Arc<std::sync::Mutex<Burst>>,
    handler: Option<OwnedSemaphorePermit>,
    write: Option<Turn>,
}

/// Handlers that have held the database one after the other, without a pause of [`PAUSE`].
#[derive(Debug)]
struct Burst {
    /// How long they have held it in total.
    held: Duration,
    /// When the last one ended.
    ended: Instant,
}

impl Burst {
    fn new() -> Self {
        Self {
            held: Duration::ZERO,
            ended: Instant::now(),
        }
    }

    /// Adds a handler that ends now. Returns whether the next one has to pause.
    fn add(&mut self, began: Instant) -> bool {
        if began.saturating_duration_since(self.ended) >= PAUSE {
            self.held = Duration::ZERO;
        }
        self.ended = Instant::now();
        self.held += self.ended.saturating_duration_since(began);
        self.held >= LONGEST_BURST
    }
}

impl Queue {
    /// Handlers one at a time.
    pub(crate) fn of_one_writer() -> Self {
        Self {
            burst: Arc::new(std::sync::Mutex::new(Burst::new())),
            handlers: Arc::new(Semaphore::new(1)),
            writes: Some(Arc::default()),
        }
    }

    /// Handlers on three of four connections.
    pub(crate) fn of_connections(connections: u32) -> Self {
        let handlers = connections.saturating_sub(connections.div_ceil(4)).max(1);
        Self {
            burst: Arc::new(std::sync::Mutex::new(Burst::new())),
            handlers: Arc::new(Semaphore::new(usize::try_from(handlers).unwrap_or(1))),
            writes: None,
        }
    }

    pub(crate) async fn turn(&self, deadline: Instant) -> Result<Option<Turn>, Fault> {
        let Some(writes) = &self.writes else {
            return Ok(None);
        };
        let lock = time::timeout_at(deadline, Arc::clone(writes).lock_owned()).await;
        let write = lock.map_err(|_| Fault::late(Phase::Uncommitted))?;
        Ok(Some(Turn { _write: write }))
    }

    pub(crate) async fn handler_turn(&self, deadline: Instant) -> Result<HandlerTurn, Fault> {
        let acquire = Arc::clone(&self.handlers).acquire_owned();
        let handler = time::timeout_at(deadline, acquire).await;
        // It is never closed.
        let handler = handler.ok().and_then(Result::ok);
        let handler = handler.ok_or_else(|| Fault::late(Phase::Uncommitted))?;
        let write = self.turn(deadline).await?;
        Ok(HandlerTurn {
            began: Instant::now(),
            burst: Arc::clone(&self.burst),
            handler: Some(handler),
            write,
        })
    }
}

impl Drop for HandlerTurn {
    fn drop(&mut self) {
        if self.write.is_none() {
            return;
        }
        let mut burst = self.burst.lock().unwrap_or_else(PoisonError::into_inner);
        if !burst.add(self.began) {
            return;
        }
        let handler = self.handler.take();
        // Without a runtime the process is about to end.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                time::sleep(PAUSE).await;
                drop(handler);
            });
        }
    }
}

/// Together with the longest handler, less than SQLite's busy timeout of 3 s.
const LONGEST_BURST: Duration = Duration::from_millis(500);
/// A process that waits tries again at least every 100 ms, by the busy handler of SQLite, and so it
/// does in this time.
const PAUSE: Duration = Duration::from_millis(120);

#[cfg(test)]
mod tests {
    use super::*;

    const HANDLER: Duration = Duration::from_millis(50);

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    /// How long a handler waits for its turn.
    async fn wait(queue: &Queue) -> Result<Duration, Fault> {
        let began = Instant::now();
        let turn = queue.handler_turn(soon()).await?;
        let waited = began.elapsed();
        time::sleep(HANDLER).await;
        drop(turn);
        Ok(waited)
    }

    #[tokio::test(start_paused = true)]
    async fn handlers_pause_after_a_burst() -> Result<(), Fault> {
        let queue = Queue::of_one_writer();
        for _ in 0..3 {
            // Ten handlers in half a second, and then nothing but receives.
            for number in 0..10 {
                assert_eq!(wait(&queue).await?, Duration::ZERO, "{number}");
            }
            let ended = Instant::now();
            drop(queue.turn(soon()).await?);
            assert_eq!(ended.elapsed(), Duration::ZERO);
            let early = Instant::now() + PAUSE - Duration::from_millis(1);
            assert!(queue.handler_turn(early).await.is_err());
            time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn handlers_with_pauses_of_their_own_never_wait() -> Result<(), Fault> {
        let queue = Queue::of_one_writer();
        for number in 0..30 {
            assert_eq!(wait(&queue).await?, Duration::ZERO, "{number}");
            if number % 5 == 0 {
                time::sleep(PAUSE).await;
            }
        }
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn receive_waits_for_one_handler_of_many() -> Result<(), Fault> {
        let queue = Queue::of_one_writer();
        let first = queue.handler_turn(soon()).await?;
        let mut others = tokio::task::JoinSet::new();
        for _ in 0..5 {
            let queue = queue.clone();
            others.spawn(async move {
                let turn = queue.handler_turn(soon()).await;
                time::sleep(HANDLER).await;
                drop(turn);
            });
        }
        time::sleep(HANDLER).await;
        drop(first);
        let began = Instant::now();
        drop(queue.turn(soon()).await?);
        assert_eq!(began.elapsed(), Duration::ZERO);
        others.join_all().await;
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_is_too_long_ends_with_an_error() -> Result<(), Fault> {
        let queue = Queue::of_one_writer();
        let _first = queue.turn(soon()).await?;
        let late = queue.turn(Instant::now() + HANDLER).await;
        assert!(late.is_err());
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn handlers_leave_connections_to_receives() -> Result<(), Fault> {
        for (connections, expected) in [(1, 1), (2, 1), (4, 3), (10, 7), (40, 30)] {
            let queue = Queue::of_connections(connections);
            let mut turns = Vec::new();
            while let Ok(turn) = queue.handler_turn(soon()).await {
                turns.push(turn);
            }
            assert_eq!(turns.len(), expected, "{connections}");
            assert!(queue.turn(soon()).await?.is_none());
            turns.pop();
            drop(queue.handler_turn(soon()).await?);
        }
        Ok(())
    }
}
