use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedMutexGuard},
    time::{self, Instant},
};

use crate::error::{Fault, Phase};

/// The line in which the writes of this process wait, for a database with one writer.
///
/// At most one handler stands in it, so that a receive waits for one handler and not for all.
/// After a handler the next one pauses for as long as that one took, because other processes find
/// the database free only by chance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue(Option<Lines>);

#[derive(Clone, Debug, Default)]
struct Lines {
    handlers: Arc<Mutex<()>>,
    writes: Arc<Mutex<()>>,
}

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _write: OwnedMutexGuard<()>,
}

/// The right to run a handler, until it is dropped.
#[derive(Debug)]
pub(crate) struct HandlerTurn {
    handler: Option<OwnedMutexGuard<()>>,
    began: Instant,
    _turn: Turn,
}

impl Queue {
    pub(crate) fn new(has_one_writer: bool) -> Self {
        Self(has_one_writer.then(Lines::default))
    }

    pub(crate) async fn turn(&self, deadline: Instant) -> Result<Option<Turn>, Fault> {
        match &self.0 {
            Some(lines) => Ok(Some(Turn {
                _write: lock(&lines.writes, deadline).await?,
            })),
            None => Ok(None),
        }
    }

    pub(crate) async fn handler_turn(
        &self,
        deadline: Instant,
    ) -> Result<Option<HandlerTurn>, Fault> {
        let Some(lines) = &self.0 else {
            return Ok(None);
        };
        let handler = lock(&lines.handlers, deadline).await?;
        let write = lock(&lines.writes, deadline).await?;
        Ok(Some(HandlerTurn {
            handler: Some(handler),
            began: Instant::now(),
            _turn: Turn { _write: write },
        }))
    }
}

impl Drop for HandlerTurn {
    fn drop(&mut self) {
        let pause = self.began.elapsed().min(LONGEST_PAUSE);
        let guard = self.handler.take();
        // Without a runtime the process is about to end.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                time::sleep(pause).await;
                drop(guard);
            });
        }
    }
}

async fn lock(line: &Arc<Mutex<()>>, deadline: Instant) -> Result<OwnedMutexGuard<()>, Fault> {
    time::timeout_at(deadline, Arc::clone(line).lock_owned())
        .await
        .map_err(|_| Fault::late(Phase::Uncommitted))
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
        let queue = Queue::new(true);
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
        let queue = Queue::new(true);
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
        let queue = Queue::new(true);
        let _first = queue.turn(soon()).await?;
        let late = queue.turn(Instant::now() + HANDLER).await;
        assert!(late.is_err());
        Ok(())
    }
}
