//! Payments a second in each store, compared with the merchant's bare statement on the same server.
//!
//! A payment is a postback that is verified, stored, handled and settled. The handler runs the bare
//! statement, if the store has a transaction to share.
//!
//! Run with `cargo bench -p durability` on a machine that does nothing else, or with
//! `cargo bench -p durability -- sqlite` for one store.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

mod operation;
mod size;

use std::{
    env,
    error::Error,
    path::Path,
    time::{Duration, Instant},
};

use cryptocloud_postback_inbox::{Handler, Inbox, MemoryStore, Settles};
use cryptocloud_postback_redis::{RedisStore, redis::Client};
use cryptocloud_postback_sqlx::{
    PostgresStore, SqliteStore,
    sqlx::{SqlitePool, raw_sql, sqlite::SqlitePoolOptions},
};
use tempfile::TempDir;
use throw_away_servers::{PostgresServer, RedisServer};
use tokio::task::JoinSet;

use crate::{
    operation::{Bare, Credit, Operation},
    size::Size,
};

type BenchResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> BenchResult {
    println!("Median of {ROUNDS} rounds: operations a second, and the 99th percentile.");
    println!();
    println!(
        "{:8} {:>9} {:>20} {:>20} {:>7}",
        "store", "in flight", "bare statement", "payment", "of bare"
    );
    // Cargo adds `--bench`.
    let only = env::args().skip(1).find(|name| !name.starts_with('-'));
    let is_asked = |name: &str| only.as_ref().is_none_or(|only| only == name);
    if is_asked("memory") {
        let inbox = start(MemoryStore::new(usize::MAX)).await?;
        compare("memory", Bare::memory(), inbox, Size::Unknown).await?;
    }
    if is_asked("sqlite") {
        sqlite().await?;
    }
    if is_asked("postgres") {
        postgres().await?;
    }
    if is_asked("redis") {
        redis().await?;
    }
    Ok(())
}

async fn sqlite() -> BenchResult {
    let folder = TempDir::with_prefix("durability-bench-")?;
    let store = SqliteStore::connect(folder.path().join("inbox.sqlite")).await?;
    store.migrate().await?;
    raw_sql(TABLE).execute(store.pool()).await?;
    let size = Size::Sqlite(store.pool().clone());
    let bare = sqlite_pool(&folder.path().join("bare.sqlite")).await?;
    compare("sqlite", Bare::Sqlite(bare), start(store).await?, size).await
}

async fn postgres() -> BenchResult {
    let Some(server) = PostgresServer::start() else {
        return Ok(());
    };
    let store = PostgresStore::connect(&server.url()).await?;
    store.migrate().await?;
    // The same pool, so that both have the same number of connections.
    let pool = store.pool().clone();
    raw_sql(TABLE).execute(&pool).await?;
    let (bare, size) = (Bare::Postgres(pool.clone()), Size::Postgres(pool));
    compare("postgres", bare, start(store).await?, size).await
}

async fn redis() -> BenchResult {
    let Some(server) = RedisServer::start_with(DURABLE) else {
        return Ok(());
    };
    let client = Client::open(server.url())?;
    let store = RedisStore::connect(client.clone()).await?;
    let bare = client.get_multiplexed_async_connection().await?;
    let size = Size::redis(bare.clone());
    compare("redis", Bare::Redis(bare), start(store).await?, size).await
}

async fn start<S: Settles>(store: S) -> BenchResult<Inbox>
where
    Credit: Handler<S::Tx>,
{
    Ok(Inbox::builder("shop", store, Credit).start().await?)
}

/// A pool with the settings of the store.
async fn sqlite_pool(path: &Path) -> BenchResult<SqlitePool> {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(SqliteStore::connect_options(path))
        .await?;
    raw_sql(TABLE).execute(&pool).await?;
    Ok(pool)
}

async fn compare(name: &str, bare: Bare, inbox: Inbox, size: Size) -> BenchResult {
    let payment = Operation::payment(inbox)?;
    let bare = Operation::Bare(bare);
    let mut payments = 0;
    for in_flight in [1_usize, 8, 32] {
        let mut rounds = [const { (Vec::new(), Vec::new()) }; 2];
        for _ in 0..ROUNDS {
            for (operation, (rates, times)) in [&bare, &payment].into_iter().zip(&mut rounds) {
                let before = size.now().await?;
                let measured = measure(operation, in_flight).await?;
                rates.push(measured.rate);
                times.push(measured.slow.as_secs_f64() * 1e3);
                if let Operation::Payment { .. } = operation {
                    payments += measured.count;
                    size.add(before).await?;
                }
            }
        }
        let [bare, payment] = rounds.map(|(rates, times)| (median(rates), median(times)));
        println!(
            "{name:8} {in_flight:9} {:9.0} {:7.2} ms {:9.0} {:7.2} ms {:5.0} %",
            bare.0,
            bare.1,
            payment.0,
            payment.1,
            payment.0 / bare.0 * 100.0,
        );
    }
    if let Some(bytes) = size.of_each(payments).await? {
        println!("{name:8} {bytes:.0} bytes a settled payment, with indexes");
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

struct Measured {
    count: usize,
    /// Operations a second.
    rate: f64,
    /// The 99th percentile of their times.
    slow: Duration,
}

async fn measure(operation: &Operation, in_flight: usize) -> BenchResult<Measured> {
    let start = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..in_flight {
        let operation = operation.clone();
        workers.spawn(async move {
            let mut times = Vec::new();
            while start.elapsed() < SPAN {
                let before = Instant::now();
                operation.run().await?;
                times.push(before.elapsed());
            }
            BenchResult::Ok(times)
        });
    }
    let mut times = Vec::new();
    for result in workers.join_all().await {
        times.extend(result?);
    }
    let rate = times.len() as f64 / start.elapsed().as_secs_f64();
    times.sort();
    let slow = times.get(times.len() * 99 / 100);
    Ok(Measured {
        count: times.len(),
        rate,
        slow: slow.copied().unwrap_or_default(),
    })
}

const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];
const ROUNDS: usize = 3;
const SPAN: Duration = Duration::from_secs(2);
const TABLE: &str = "CREATE TABLE credits (invoice text PRIMARY KEY)";
