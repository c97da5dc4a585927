use std::sync::Arc;

use cryptocloud_postback_inbox::StoreError;
use redis::Client;

use crate::{
    RedisStoreBuilder, builder::Options, connection::Connection, epochs::Epochs, scripts::Scripts,
};

/// Payments in Redis 7 or newer.
///
/// **A queue with a memory, not proof.** The handler's effect and the state `done` are not one
/// transaction, so the effect repeats if the process or the connection fails between them: pass
/// [`idempotency_key`](cryptocloud_postback_inbox::Payment::idempotency_key) along, and keep a
/// unique index on the invoice in your ledger.
///
/// A clone costs an `Arc`.
#[derive(Clone, Debug)]
pub struct RedisStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    connection: Connection,
    epochs: Epochs,
    options: Options,
    scripts: Scripts,
}

impl RedisStore {
    /// Connects with the defaults of [`builder`](Self::builder), and checks the server.
    ///
    /// # Errors
    ///
    /// See [`RedisStoreBuilder::connect`].
    pub async fn connect(client: Client) -> Result<Self, StoreError> {
        Self::builder(client).connect().await
    }

    /// Starts with the server's address.
    pub fn builder(client: Client) -> RedisStoreBuilder {
        RedisStoreBuilder::new(client)
    }

    pub(crate) fn new(client: Client, options: Options) -> Self {
        Self(Arc::new(Inner {
            connection: Connection::new(client, options.timeout),
            epochs: Epochs::default(),
            options,
            scripts: Scripts::new(),
        }))
    }

    /// How often this process has noticed that the server had lost data: it was flushed, or came
    /// back with less than before. Each time is an error in the log; alert on it.
    ///
    /// It is noticed by the next call for the same project. What was lost while no process of yours
    /// was running is not noticed.
    #[must_use]
    pub fn losses(&self) -> u64 {
        self.0.epochs.losses()
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.0.connection
    }

    pub(crate) fn epochs(&self) -> &Epochs {
        &self.0.epochs
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn scripts(&self) -> &Scripts {
        &self.0.scripts
    }
}
