//! How long payments take in PostgreSQL while something is locked.
//!
//! ```sh
//! cargo run --release -p durability --example locked
//! ```
#![expect(clippy::print_stdout, reason = "it prints its results")]

use std::{
    error::Error,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use cryptocloud_postback::{SecretKey, Verifier, testing::PostbackBuilder};
use cryptocloud_postback_inbox::{Failure, Handler, Inbox, Payment};
use cryptocloud_postback_sqlx::{
    PostgresStore,
    sqlx::{self, PgConnection, PgPool, raw_sql},
};
use durability::{PROJECT, SECRET};
use throw_away_servers::PostgresServer;
use tokio::{task::JoinSet, time};

type ExampleResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExampleResult {
    let Some(server) = PostgresServer::start() else {
        return Ok(());
    };
    let store = PostgresStore::connect(&server.url()).await?;
    store.migrate().await?;
    let pool = PgPool::connect(&server.url()).await?;
    raw_sql("CREATE TABLE orders (invoice text PRIMARY KEY, paid integer NOT NULL DEFAULT 0)")
        .execute(&pool)
        .await?;
    let inbox = Inbox::builder(PROJECT, store.clone(), Pay).start().await?;
    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    let shop = Shop {
        inbox,
        pool: pool.clone(),
        verifier,
    };
    shop.measure("nothing is locked").await?;

    order(&pool, "LOCKED").await?;
    let mut session = pool.begin().await?;
    sqlx::query("SELECT 1 FROM orders WHERE invoice = 'LOCKED' FOR UPDATE")
        .execute(&mut *session)
        .await?;
    let locked = tokio::spawn({
        let shop = shop.clone();
        async move { shop.pay("LOCKED").await }
    });
    shop.measure("another order is locked by a session").await?;
    println!("the locked order's own response: {}", locked.await??);
    session.rollback().await?;
    let released = Instant::now();
    let paid = "SELECT paid FROM orders WHERE invoice = 'LOCKED'";
    while sqlx::query_scalar::<_, i32>(paid).fetch_one(&pool).await? == 0 {
        time::sleep(Duration::from_millis(20)).await;
    }
    let late = released.elapsed().as_secs_f64();
    println!("it is paid {late:.1} s after its release, without a resend");

    let migrations = tokio::spawn(async move { while store.migrate().await.is_ok() {} });
    shop.measure("migrate() runs again and again").await?;
    migrations.abort();

    // What a next migration would do: it gets no lock while a session reads the table.
    let mut session = pool.begin().await?;
    sqlx::query("SELECT count(*) FROM cryptocloud_inbox.report")
        .execute(&mut *session)
        .await?;
    let migrations = tokio::spawn(async move {
        while add_column(&pool).await.is_err() {
            time::sleep(BETWEEN_TRIES).await;
        }
    });
    shop.measure("a new column waits for a session, and tries again")
        .await?;
    migrations.abort();
    session.rollback().await?;
    Ok(())
}

#[derive(Clone)]
struct Shop {
    inbox: Inbox,
    pool: PgPool,
    verifier: Verifier,
}

impl Shop {
    /// The status of the response.
    async fn pay(&self, invoice: &str) -> ExampleResult<u16> {
        let signed = PostbackBuilder::new(SECRET).invoice_id(invoice).json();
        let postback = self.verifier.verify(signed.head(), signed.body())?;
        Ok(self.inbox.receive(&postback).await.status())
    }

    async fn measure(&self, what: &str) -> ExampleResult {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let began = Instant::now();
        let mut senders = JoinSet::new();
        for _ in 0..IN_FLIGHT {
            let shop = self.clone();
            senders.spawn(async move {
                let mut times = Vec::new();
                while began.elapsed() < SPAN {
                    let invoice = format!("I{}", NEXT.fetch_add(1, Ordering::Relaxed));
                    order(&shop.pool, &invoice).await?;
                    let sent = Instant::now();
                    let status = shop.pay(&invoice).await?;
                    if status != 200 {
                        return Err(format!("{invoice} got {status}").into());
                    }
                    times.push(sent.elapsed().as_secs_f64() * 1e3);
                }
                ExampleResult::Ok(times)
            });
        }
        let mut times = Vec::new();
        for sent in senders.join_all().await {
            times.extend(sent?);
        }
        times.sort_by(f64::total_cmp);
        let of = |part: usize| {
            times
                .get((times.len() * part / 100).min(times.len().saturating_sub(1)))
                .copied()
        };
        let [median, slow, slowest] = [50, 99, 100].map(|part| of(part).unwrap_or_default());
        println!(
            "{what}: {} payments, median {median:.1} ms, 99th percentile {slow:.1} ms, \
             slowest {slowest:.1} ms",
            times.len()
        );
        Ok(())
    }
}

struct Pay;

impl Handler<PgConnection> for Pay {
    async fn handle(&self, payment: &Payment, tx: &mut PgConnection) -> Result<(), Failure> {
        let paid = sqlx::query("UPDATE orders SET paid = paid + 1 WHERE invoice = $1");
        let paid = paid.bind(payment.invoice_id().as_str()).execute(tx).await?;
        payment.expect_one(paid.rows_affected())
    }
}

/// With the limit that a migration has.
async fn add_column(pool: &PgPool) -> ExampleResult {
    let mut transaction = pool.begin().await?;
    let add = "SET LOCAL lock_timeout = '200ms'; \
               ALTER TABLE cryptocloud_inbox.report ADD COLUMN new text";
    raw_sql(add).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

async fn order(pool: &PgPool, invoice: &str) -> ExampleResult {
    let order = sqlx::query("INSERT INTO orders (invoice) VALUES ($1)");
    order.bind(invoice).execute(pool).await?;
    Ok(())
}

/// As between the tries of a migration.
const BETWEEN_TRIES: Duration = Duration::from_millis(100);
const IN_FLIGHT: u32 = 4;
const SPAN: Duration = Duration::from_secs(10);
