use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use cryptocloud_postback::{SecretKey, Verifier, testing::PostbackBuilder};
use cryptocloud_postback_inbox::{Failure, Handler, Inbox, Payment};
use cryptocloud_postback_redis::redis::{self, aio::MultiplexedConnection};
use cryptocloud_postback_sqlx::sqlx::{self, PgConnection, PgPool, SqliteConnection, SqlitePool};
use durability::SECRET;

use crate::BenchResult;

/// The operation to measure.
#[derive(Clone)]
pub(crate) enum Operation {
    Bare(Bare),
    Payment { inbox: Inbox, verifier: Verifier },
}

impl Operation {
    pub(crate) fn payment(inbox: Inbox) -> BenchResult<Self> {
        let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
        Ok(Self::Payment { inbox, verifier })
    }

    pub(crate) async fn run(&self) -> BenchResult {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let invoice = format!("INVOICE{}", NEXT.fetch_add(1, Ordering::Relaxed));
        match self {
            Self::Bare(bare) => bare.run(&invoice).await,
            Self::Payment { inbox, verifier } => {
                let signed = PostbackBuilder::new(SECRET).invoice_id(&invoice).json();
                let postback = verifier.verify(signed.head(), signed.body())?;
                match inbox.receive(&postback).await.status() {
                    200 => Ok(()),
                    status => Err(format!("response {status}").into()),
                }
            }
        }
    }
}

/// The merchant's own statement.
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

/// The handler: the bare statement in the given transaction, or nothing.
pub(crate) struct Credit;

impl Handler<PgConnection> for Credit {
    async fn handle(&self, payment: &Payment, tx: &mut PgConnection) -> Result<(), Failure> {
        let insert = sqlx::query(INSERT).bind(payment.invoice_id().as_str());
        payment.expect_one(insert.execute(tx).await?.rows_affected())
    }
}

impl Handler<SqliteConnection> for Credit {
    async fn handle(&self, payment: &Payment, tx: &mut SqliteConnection) -> Result<(), Failure> {
        let insert = sqlx::query(INSERT).bind(payment.invoice_id().as_str());
        payment.expect_one(insert.execute(tx).await?.rows_affected())
    }
}

impl Handler<()> for Credit {
    async fn handle(&self, _: &Payment, _: &mut ()) -> Result<(), Failure> {
        Ok(())
    }
}

const INSERT: &str = "INSERT INTO credits (invoice) VALUES ($1)";
