use std::{sync::Arc, time::Duration};

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
/// line, at most one handler among them, and after a handler the next one pauses for as long as
/// that one took, because other processes find the database free only by chance.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
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
    handler: Option<OwnedSemaphorePermit>,
    write: Option<Turn>,
}

impl Queue {
    /// Handlers one at a time.
    pub(crate) fn of_one_writer() -> Self {
        Self {
            handlers: Arc::new(Semaphore::new(1)),
            writes: Some(Arc::default()),
        }
    }

    /// Handlers on three of four connections.
    pub(crate) fn of_connections(connections: u32) -> Self {
        let handlers = connections.saturating_sub(connections.div_ceil(4)).max(1);
        Self {
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
        let pause = self.began.elapsed().min(LONGEST_PAUSE);
        let handler = self.handler.take();
        // Without a runtime the process is about to end.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                time::sleep(pause).await;
                drop(handler);
            });
        }
    }
}

const LONGEST_PAUSE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    const HANDLER: Duration = Duration::from_millis(50);

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_handler_the_next_one_pauses_as_long() -> Result<(), Fault> {
        let queue = Queue::of_one_writer();
        let turn = queue.handler_turn(soon()).await?;
        time::sleep(HANDLER).await;
        drop(turn);
        let ended = Instant::now();
        drop(queue.turn(soon()).await?);
        assert_eq!(ended.elapsed(), Duration::ZERO);
        drop(queue.handler_turn(soon()).await?);
        // The timer of tokio counts milliseconds.
        assert!(ended.elapsed() >= HANDLER);
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
