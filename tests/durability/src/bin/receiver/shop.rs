use std::{error::Error, time::Duration};

use cryptocloud_postback::{SecretKey, Verifier};
use cryptocloud_postback_inbox::{Handler, Inbox, MemoryStore, Mode, Settles};
use cryptocloud_postback_redis::{Durability, RedisStore, redis::Client};
use cryptocloud_postback_sqlx::{PostgresStore, SqliteStore};
use durability::{Ledger, Options, PROJECT, SECRET, Till};

pub(crate) fn verifier() -> Result<Verifier, Box<dyn Error>> {
    Ok(Verifier::new(SecretKey::new(SECRET)?)?)
}

pub(crate) async fn open_inbox(options: Options) -> Result<Inbox, Box<dyn Error>> {
    match options.store.split_once(':') {
        Some(("memory", _)) => start(MemoryStore::new(100_000), &options).await,
        Some(("redis", _)) => {
            // The tests of the store itself check what it requires of its server.
            let builder = RedisStore::builder(Client::open(&*options.store)?);
            let store = builder.durability(Durability::Unchecked).connect().await?;
            start(store, &options).await
        }
        Some(("sqlite", path)) => start(SqliteStore::connect(path).await?, &options).await,
        _ => start(PostgresStore::connect(&options.store).await?, &options).await,
    }
}

async fn start<S: Settles>(store: S, options: &Options) -> Result<Inbox, Box<dyn Error>>
where
    Till: Handler<S::Tx>,
{
    let ledger = match Ledger::open(&options.ledger)? {
        Ledger::Sqlite(pool) => Some(pool),
        Ledger::Postgres(_) => None,
    };
    let till = Till {
        fails: options.fails,
        ledger,
        name: options.name.clone(),
        work: options.work,
    };
    let mode = if options.is_store_first {
        Mode::StoreFirst
    } else {
        Mode::Direct
    };
    let inbox = Inbox::builder(PROJECT, store, till)
        .limits(options.limits())
        .mode(mode)
        .workers(options.workers);
    Ok(inbox.start().await?)
}

/// How long the work that has begun may take at the end.
pub(crate) const DRAIN: Duration = Duration::from_secs(20);
