use std::{fmt, time::Duration};

use cryptocloud_postback_inbox::{InboxStore, StoreError};
use redis::Client;

use crate::{Durability, RedisStore};

/// Settings of a [`RedisStore`], from [`RedisStore::builder`].
#[must_use]
pub struct RedisStoreBuilder {
    client: Client,
    options: Options,
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) durability: Durability,
    pub(crate) expire_after: Duration,
    pub(crate) keep_invoice_info: bool,
    pub(crate) prefix: String,
    pub(crate) timeout: Duration,
}

impl RedisStoreBuilder {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            options: Options {
                durability: Durability::default(),
                expire_after: Duration::from_secs(800 * 86_400),
                keep_invoice_info: false,
                prefix: "cryptocloud:".to_owned(),
                timeout: Duration::from_secs(2),
            },
        }
    }

    /// What the server must be known to keep. Defaults to [`Durability::Always`].
    pub fn durability(mut self, durability: Durability) -> Self {
        self.options.durability = durability;
        self
    }

    /// How long after it was settled a payment is forgotten. **A resend after that is credited
    /// again.** Defaults to 800 days, twice the inbox's retention.
    pub fn expire_after(mut self, duration: Duration) -> Self {
        self.options.expire_after = duration;
        self
    }

    /// Keeps `invoice_info` after the payment was handled. Defaults to `false`.
    pub fn keep_invoice_info(mut self, keep: bool) -> Self {
        self.options.keep_invoice_info = keep;
        self
    }

    /// What every key begins with. Defaults to `cryptocloud:`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.options.prefix = prefix.into();
        self
    }

    /// How long connecting may take, and then each command. Defaults to 2 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// Connects, and [checks](InboxStore::check) the server.
    ///
    /// # Errors
    ///
    /// Returns an error if the call fails: `Unavailable` or `TimedOut` if the server cannot be
    /// reached, `NotDurable` if it may lose more than [`durability`](Self::durability) allows, and
    /// `ReadOnly` if it is a replica. The source names the setting.
    pub async fn connect(self) -> Result<RedisStore, StoreError> {
        #[cfg(feature = "tls-rustls")]
        crate::tls::choose_provider();
        let store = RedisStore::new(self.client, self.options);
        store.check().await?;
        Ok(store)
    }
}

/// Without the client, whose address may hold a password.
impl fmt::Debug for RedisStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStoreBuilder")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
