use std::{fmt, future::Future, time::Duration};

use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};
use redis::{
    Client, RedisError, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::time;

/// A connection that many share and that comes back by itself, with a limit for each command.
#[derive(Clone)]
pub(crate) struct Connection {
    manager: ConnectionManager,
    timeout: Duration,
}

impl Connection {
    /// Connects with the first command.
    pub(crate) fn new(client: Client, timeout: Duration) -> Result<Self, StoreError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(timeout))
            .set_response_timeout(Some(timeout))
            .set_max_delay(MAX_DELAY);
        let manager = ConnectionManager::new_lazy_with_config(client, config).map_err(failed)?;
        Ok(Self { manager, timeout })
    }

    /// Runs one command, which the server carries out as a whole or not at all.
    ///
    /// The limit is over everything, since a command also waits for the connection to come back.
    pub(crate) async fn run<T, F>(
        &self,
        command: impl FnOnce(ConnectionManager) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        match time::timeout(self.timeout, command(self.manager.clone())).await {
            Ok(answer) => answer.map_err(failed),
            Err(_) => Err(StoreErrorKind::TimedOut.into()),
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

fn failed(error: RedisError) -> StoreError {
    let kind = match error.code() {
        _ if error.is_timeout() => StoreErrorKind::TimedOut,
        Some("OOM") => StoreErrorKind::Full,
        _ => StoreErrorKind::Unavailable,
    };
    StoreError::new(kind, error)
}

/// Between two attempts to connect again.
const MAX_DELAY: Duration = Duration::from_secs(1);
