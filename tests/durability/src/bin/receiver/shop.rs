use std::{error::Error, sync::Arc};

use cryptocloud_postback::{SecretKey, Verified, Verifier};
use cryptocloud_postback_inbox::{Inbox, InboxError, InboxStore, MemoryStore, Outcome};
use cryptocloud_postback_redis::{RedisStore, redis::Client};
use cryptocloud_postback_sqlx::{
    PostgresStore, SqliteStore,
    sqlx::{self, sqlite::SqlitePoolOptions},
};
use durability::{Ledger, Mode, Options, SECRET};

use crate::till::Till;

/// The app behind both frameworks.
#[derive(Clone)]
pub(crate) struct Shop(Arc<Parts>);

struct Parts {
    inbox: Inbox,
    ledger: Ledger,
    options: Options,
    till: Option<Till>,
    verifier: Verifier,
}

impl Shop {
    pub(crate) async fn open(options: Options) -> Result<Self, Box<dyn Error>> {
        let (store, till): (Arc<dyn InboxStore>, _) = match options.store.split_once(':') {
            Some(("memory", _)) => (Arc::new(MemoryStore::new(100_000)), None),
            Some(("redis", _)) => {
                let client = Client::open(&*options.store)?;
                let timeout = options.timeout;
                let store = RedisStore::builder(client).timeout(timeout).connect();
                (Arc::new(store.await?), None)
            }
            Some(("sqlite", path)) => {
                let store = open_sqlite(path, options.migrates).await?;
                (Arc::new(store.clone()), Some(Till::Sqlite(store)))
            }
            _ => {
                let store = PostgresStore::connect(options.store.parse()?).await?;
                (Arc::new(store.clone()), Some(Till::Postgres(store)))
            }
        };
        let inbox = Inbox::builder_shared("shop", store)
            .lease(options.lease)
            .store_timeout(options.timeout)
            .build()?;
        Ok(Self(Arc::new(Parts {
            inbox,
            ledger: Ledger::open(&options.ledger)?,
            options,
            till,
            verifier: Verifier::new(SecretKey::new(SECRET)?)?,
        })))
    }

    pub(crate) fn inbox(&self) -> Inbox {
        self.0.inbox.clone()
    }

    pub(crate) fn mode(&self) -> Mode {
        self.0.options.mode
    }

    pub(crate) fn verifier(&self) -> Verifier {
        self.0.verifier.clone()
    }

    /// The handler of the mode `lease`.
    pub(crate) async fn credit(&self, postback: &Verified) -> sqlx::Result<()> {
        let invoice = postback.invoice_id().as_str();
        self.0.ledger.append(invoice, &self.0.options.name).await
    }

    /// The whole of mode `transaction`.
    pub(crate) async fn pay(
        &self,
        postback: &Verified,
    ) -> Result<Outcome<()>, InboxError<sqlx::Error>> {
        let parts = &*self.0;
        let till = parts.till.as_ref().ok_or(sqlx::Error::PoolClosed);
        let report = parts.inbox.report(postback);
        till.map_err(InboxError::Handler)?
            .pay(&report, &parts.options.name, parts.options.timeout)
            .await
    }
}

/// Opens the store. Without a migration it connects later, because the file may not be writable yet.
async fn open_sqlite(path: &str, migrates: bool) -> Result<SqliteStore, Box<dyn Error>> {
    if migrates {
        return Ok(SqliteStore::open(path).await?);
    }
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_lazy_with(SqliteStore::connect_options(path));
    Ok(SqliteStore::new(pool))
}
