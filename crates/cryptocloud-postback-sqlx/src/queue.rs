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
