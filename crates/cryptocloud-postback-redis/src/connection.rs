use std::{fmt, time::Duration};

use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};
use redis::{AsyncConnectionConfig, Client, RedisResult, aio::MultiplexedConnection};
use tokio::{sync::Mutex, time};

use crate::error::{Sent, failed, timed_out};

/// One connection that all callers share, made again when it breaks.
///
/// It is not [`redis::aio::ConnectionManager`], because that does not tell whether a command was
/// sent before it failed, and keeps a connection that no longer responds.
pub(crate) struct Connection {
    client: Client,
    current: Mutex<Current>,
    timeout: Duration,
}

/// The connection, and how many there were before it.
#[derive(Default)]
struct Current {
    connection: Option<MultiplexedConnection>,
    number: u64,
}

impl Connection {
    /// Connects with the first command.
    pub(crate) fn new(client: Client, timeout: Duration) -> Self {
        Self {
            client,
            current: Mutex::default(),
            timeout,
        }
    }

    /// Runs one command, which the server carries out as a whole or not at all. `sent` says what
    /// follows if there is no response to it.
    pub(crate) async fn run<T>(
        &self,
        sent: Sent,
        command: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T, Failed> {
        let (mut connection, number) = match time::timeout(self.timeout, self.connect()).await {
            Ok(connected) => connected.map_err(Failed::Otherwise)?,
            Err(_) => return Err(Failed::Otherwise(StoreErrorKind::TimedOut.into())),
        };
        let failed = match time::timeout(self.timeout, command(&mut connection)).await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(error)) if error.is_timeout() => Failed::Otherwise(failed(error, sent)),
            Ok(Err(error)) if error.is_unrecoverable_error() => Failed::Broken(failed(error, sent)),
            Ok(Err(error)) => return Err(Failed::Otherwise(failed(error, sent))),
            Err(_) => Failed::Otherwise(timed_out(sent)),
        };
        self.discard(number).await;
        Err(failed)
    }

    async fn connect(&self) -> Result<(MultiplexedConnection, u64), StoreError> {
        let mut current = self.current.lock().await;
        if let Some(connection) = &current.connection {
            return Ok((connection.clone(), current.number));
        }
        // The limits around the calls apply.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(|error| failed(error, Sent::Nothing))?;
        current.connection = Some(connection.clone());
        current.number += 1;
        Ok((connection, current.number))
    }

    /// Makes the next command connect, unless another caller has connected since.
    async fn discard(&self, number: u64) {
        let mut current = self.current.lock().await;
        if current.number == number {
            current.connection = None;
        }
    }
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The connection broke before there was a response. One that broke while it was idle shows it
    /// only when it is used.
    Broken(StoreError),
    Otherwise(StoreError),
}

impl From<Failed> for StoreError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Broken(error) | Failed::Otherwise(error) => error,
        }
    }
}

/// Without the client, whose address may hold a password.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
