use std::{fmt, time::Duration};

use cryptocloud_postback_inbox::StoreError;
use redis::Client;

use crate::{RedisStore, connection::Connection};

/// Settings of a [`RedisStore`], from [`RedisStore::builder`].
#[must_use]
pub struct RedisStoreBuilder {
    client: Client,
    prefix: String,
    timeout: Duration,
}

impl RedisStoreBuilder {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            prefix: "cryptocloud:inbox:".to_owned(),
            timeout: Duration::from_secs(2),
        }
    }

    /// What every key begins with: `cryptocloud:inbox:`, unless this is called.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long each command may take: 2 s, unless this is called.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Connects, and [checks the settings](RedisStore::check_settings).
    ///
    /// # Errors
    ///
    /// Those of the server.
    pub async fn connect(self) -> Result<RedisStore, StoreError> {
        let connection = Connection::new(self.client, self.timeout)?;
        let store = RedisStore::with_connection(connection, self.prefix);
        store.check_settings().await?;
        Ok(store)
    }
}

/// Without the client, whose address may hold a password.
impl fmt::Debug for RedisStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStoreBuilder")
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
