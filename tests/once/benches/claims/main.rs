//! What a claim costs in each store, beside the bare statement on the same server in the same run.
//!
//! Run with `cargo bench -p once` on a machine that does nothing else.
#![expect(clippy::print_stdout, reason = "that is what a benchmark is for")]

mod operation;

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use cryptocloud_postback_inbox::{InboxStore, MemoryStore};
use cryptocloud_postback_redis::{RedisStore, redis::Client};
use cryptocloud_postback_sqlx::{
    PostgresStore, SqliteStore,
    sqlx::{SqlitePool, raw_sql, sqlite::SqlitePoolOptions},
};
use throw_away_servers::{PostgresServer, RedisServer};
use tokio::task::JoinSet;

use crate::operation::{Bare, Operation};

type BenchResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> BenchResult {
    println!("a second and p99, by how many are in flight; (x) is the share of the bare statement");
    println!(
        "{:8} {:>3} {:>17} {:>24} {:>24}",
        "", "", "bare", "claim", "claim and complete"
    );
    compare(
        "memory",
        Bare::memory(),
        Arc::new(MemoryStore::new(usize::MAX)),
    )
    .await?;

    let path = std::env::temp_dir().join(format!("once-bench-{}", std::process::id()));
    std::fs::create_dir(&path)?;
    let store = SqliteStore::open(path.join("inbox.sqlite")).await?;
    let bare = sqlite_pool(&path.join("bare.sqlite")).await?;
    compare("sqlite", Bare::Sqlite(bare), Arc::new(store)).await?;
    std::fs::remove_dir_all(&path)?;

    if let Some(server) = PostgresServer::start() {
        let store = PostgresStore::connect(server.url().parse()?).await?;
        // The same connections, so that both have as many.
        let bare = store.pool().clone();
        raw_sql(BARE_TABLE).execute(&bare).await?;
        compare("postgres", Bare::Postgres(bare), Arc::new(store)).await?;
    }
    if let Some(server) = RedisServer::start() {
        let client = Client::open(server.url())?;
        let store = RedisStore::connect(client.clone()).await?;
        let bare = client.get_multiplexed_async_connection().await?;
        compare("redis", Bare::Redis(bare), Arc::new(store)).await?;
    }
    Ok(())
}

/// With the settings of the store's own.
async fn sqlite_pool(path: &std::path::Path) -> BenchResult<SqlitePool> {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(SqliteStore::connect_options(path))
        .await?;
    raw_sql(BARE_TABLE).execute(&pool).await?;
    Ok(pool)
}

async fn compare(name: &str, bare: Bare, store: Arc<dyn InboxStore>) -> BenchResult {
    let operations = [
        Operation::Bare(bare),
        Operation::Claim(Arc::clone(&store)),
        Operation::Payment(store),
    ];
    for in_flight in [1_usize, 8, 32] {
        let mut line = format!("{name:8} {in_flight:3}");
        let mut of_bare = None;
        for operation in &operations {
            let (a_second, slow) = measure(operation, in_flight).await?;
            let bare = *of_bare.get_or_insert(a_second);
            let share = match operation {
                Operation::Bare(_) => String::new(),
                _ => format!(" ({:.2})", a_second / bare),
            };
            line += &format!(" {a_second:7.0} {:6.2} ms{share}", slow.as_secs_f64() * 1e3);
        }
        println!("{line}");
    }
    Ok(())
}

/// How many a second, and the time that 99 % of them take.
async fn measure(operation: &Operation, in_flight: usize) -> BenchResult<(f64, Duration)> {
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
    let a_second = times.len() as f64 / start.elapsed().as_secs_f64();
    times.sort();
    Ok((a_second, times[times.len() * 99 / 100]))
}

const BARE_TABLE: &str = "CREATE TABLE bare (invoice text PRIMARY KEY)";
const SPAN: Duration = Duration::from_secs(2);
