use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cryptocloud_postback::{Amount, Currency};
use cryptocloud_postback_inbox::{Claim, InboxStore, Key, Report};
use cryptocloud_postback_redis::redis::{self, aio::MultiplexedConnection};
use cryptocloud_postback_sqlx::sqlx::{self, PgPool, SqlitePool};

use crate::BenchResult;

/// The operation to measure.
#[derive(Clone)]
pub(crate) enum Operation {
    Bare(Bare),
    Claim(Arc<dyn InboxStore>),
    /// A claim and its completion.
    Payment(Arc<dyn InboxStore>),
}

impl Operation {
    pub(crate) async fn run(&self) -> BenchResult {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let invoice = format!("INVOICE{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let (store, completes) = match self {
            Self::Bare(bare) => return bare.run(&invoice).await,
            Self::Claim(store) => (store, false),
            Self::Payment(store) => (store, true),
        };
        let key = Key::new("shop", &invoice, "success");
        let report = Report::new(key, Amount::parse("1")?, Currency::Bnb, None);
        let Claim::Acquired(lease) = store.claim(&report, LEASE).await? else {
            return Err("the invoice is claimed already".into());
        };
        if completes {
            store.complete(&lease).await?;
        }
        Ok(())
    }
}

/// The smallest statement that remembers an invoice.
#[derive(Clone)]
pub(crate) enum Bare {
    Memory(Arc<Mutex<HashSet<String>>>),
    Postgres(PgPool),
    Redis(MultiplexedConnection),
    Sqlite(SqlitePool),
}

impl Bare {
    pub(crate) fn memory() -> Self {
        Self::Memory(Arc::default())
    }

    async fn run(&self, invoice: &str) -> BenchResult {
        match self {
            Self::Memory(set) => {
                let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
                set.insert(invoice.to_owned());
            }
            Self::Postgres(pool) => {
                sqlx::query(INSERT).bind(invoice).execute(pool).await?;
            }
            Self::Redis(connection) => {
                let mut set = redis::cmd("SET");
                set.arg(invoice).arg("1").arg("NX");
                set.query_async::<()>(&mut connection.clone()).await?;
            }
            Self::Sqlite(pool) => {
                sqlx::query(INSERT).bind(invoice).execute(pool).await?;
            }
        }
        Ok(())
    }
}

const INSERT: &str = "INSERT INTO bare (invoice) VALUES ($1)";
const LEASE: Duration = Duration::from_secs(3_600);
