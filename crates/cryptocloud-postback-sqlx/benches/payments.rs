//! Payments a second, stored, handled and settled, beside the bare statement of the handler.
//!
//! Run with `cargo bench -p cryptocloud-postback-sqlx --all-features`.

#![expect(clippy::print_stdout, reason = "it is a program")]

use std::{error::Error, sync::Arc, time::Instant};

use cryptocloud_postback::{SecretKey, Verified, Verifier, testing::PostbackBuilder};
use cryptocloud_postback_inbox::{Failure, Handler, Inbox, Payment};
use cryptocloud_postback_sqlx::{
    PostgresStore, SqliteStore,
    sqlx::{self, PgConnection, PgPool, SqliteConnection, SqlitePool},
};
use throw_away_servers::PostgresServer;
use tokio::task::JoinSet;

type Any<T> = Result<T, Box<dyn Error + Send + Sync>>;

struct Shop;

macro_rules! pay {
    ($invoice:expr, $connection:expr) => {
        sqlx::query("INSERT INTO orders VALUES ($1)")
            .bind($invoice)
            .execute($connection)
            .await?
    };
}

impl Handler<PgConnection> for Shop {
    async fn handle(&self, payment: &Payment, tx: &mut PgConnection) -> Result<(), Failure> {
        payment.expect_one(pay!(payment.invoice_id().as_str(), tx).rows_affected())
    }
}

impl Handler<SqliteConnection> for Shop {
    async fn handle(&self, payment: &Payment, tx: &mut SqliteConnection) -> Result<(), Failure> {
        payment.expect_one(pay!(payment.invoice_id().as_str(), tx).rows_affected())
    }
}

#[tokio::main]
async fn main() -> Any<()> {
    let orders = "CREATE TABLE orders (invoice TEXT PRIMARY KEY)";
    if let Some(server) = PostgresServer::start() {
        let store = PostgresStore::connect(&server.url()).await?;
        store.migrate().await?;
        let pool: PgPool = store.pool().clone();
        sqlx::query(orders).execute(&pool).await?;
        let inbox = Inbox::builder("shop", store, Shop).start().await?;
        let bare = pool.clone();
        let bare = move |invoice: String| {
            let pool = bare.clone();
            async move {
                pay!(invoice, &pool);
                Ok(())
            }
        };
        measure("PostgreSQL", &inbox, 1_000, bare).await?;
        sqlx::query("VACUUM FULL cryptocloud_inbox.report")
            .execute(&pool)
            .await?;
        let size = "SELECT pg_total_relation_size('cryptocloud_inbox.report') / count(*) \
                    FROM cryptocloud_inbox.report";
        let bytes: i64 = sqlx::query_scalar(size).fetch_one(&pool).await?;
        println!("PostgreSQL: {bytes} bytes a settled payment, with indexes");
    }
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::connect(folder.path().join("shop.sqlite")).await?;
    store.migrate().await?;
    let pool: SqlitePool = store.pool().clone();
    sqlx::query(orders).execute(&pool).await?;
    let inbox = Inbox::builder("shop", store, Shop).start().await?;
    let bare = move |invoice: String| {
        let pool = pool.clone();
        async move {
            pay!(invoice, &pool);
            Ok(())
        }
    };
    measure("SQLite", &inbox, 200, bare).await
}

async fn measure<F>(
    name: &str,
    inbox: &Inbox,
    count: usize,
    bare: impl Fn(String) -> F + Clone + Send + 'static,
) -> Any<()>
where
    F: Future<Output = Any<()>> + Send + 'static,
{
    for in_flight in [1, 8, 32] {
        let paid = postbacks(&format!("P{in_flight}-"), count)?;
        let inbox = inbox.clone();
        let payments = rate(in_flight, paid, move |postback: Verified| {
            let inbox = inbox.clone();
            async move {
                match inbox.receive(&postback).await.status() {
                    200 => Ok(()),
                    status => Err(format!("status {status}").into()),
                }
            }
        });
        let payments = payments.await?;
        let invoices = (0..count)
            .map(|number| format!("B{in_flight}-{number}"))
            .collect();
        let statements = rate(in_flight, invoices, bare.clone()).await?;
        println!(
            "{name}, {in_flight} in flight: {payments:.0}/s, bare statement {statements:.0}/s"
        );
    }
    Ok(())
}

async fn rate<T, F>(
    in_flight: usize,
    work: Vec<T>,
    run: impl Fn(T) -> F + Clone + Send + 'static,
) -> Any<f64>
where
    T: Send + 'static,
    F: Future<Output = Any<()>> + Send + 'static,
{
    let count = u32::try_from(work.len())?;
    let queue = Arc::new(std::sync::Mutex::new(work));
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..in_flight {
        let (queue, run) = (Arc::clone(&queue), run.clone());
        tasks.spawn(async move {
            let next = || queue.lock().ok().and_then(|mut queue| queue.pop());
            while let Some(one) = next() {
                run(one).await?;
            }
            Any::Ok(())
        });
    }
    for ended in tasks.join_all().await {
        ended?;
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

fn postbacks(prefix: &str, count: usize) -> Any<Vec<Verified>> {
    let secret = "not-a-real-key-only-for-this-benchmark";
    let verifier = Verifier::new(SecretKey::new(secret)?)?;
    let verified = |number| {
        let postback = PostbackBuilder::new(secret).invoice_id(&format!("{prefix}{number}"));
        let signed = postback.json();
        Ok(verifier.verify(signed.head(), signed.body())?)
    };
    (0..count).map(verified).collect()
}
