//! The cost of a claim in each store, compared with the bare statement on the same server, in turns.
//!
//! Run with `cargo bench -p durability` on a machine that does nothing else.
//! If `pgbench` and `redis-benchmark` are installed, they send the bare statement too, each client on a
//! connection of its own.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

mod operation;
mod tool;

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
use tempfile::TempDir;
use throw_away_servers::{PostgresServer, RedisServer};
use tokio::task::JoinSet;

use crate::{
    operation::{Bare, Operation},
    tool::Tool,
};

type BenchResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> BenchResult {
    println!(
        "Median of {ROUNDS} rounds: operations a second, 99th percentile, and the rate relative to \
         the bare statement."
    );
    println!();
    println!(
        "{:8} {:>9} {:>8} {:>18} {:>24} {:>24}",
        "store", "in flight", "tool", "bare", "claim", "claim and complete"
    );
    let store = MemoryStore::new(usize::MAX);
    compare("memory", None, Bare::memory(), Arc::new(store)).await?;

    let folder = TempDir::with_prefix("durability-bench-")?;
    let store = SqliteStore::open(folder.path().join("inbox.sqlite")).await?;
    let bare = sqlite_pool(&folder.path().join("bare.sqlite")).await?;
    compare("sqlite", None, Bare::Sqlite(bare), Arc::new(store)).await?;

    if let Some(server) = PostgresServer::start() {
        let store = PostgresStore::connect(server.url().parse()?).await?;
        // The same pool, so that both have the same number of connections.
        let bare = store.pool().clone();
        raw_sql(BARE_TABLE).execute(&bare).await?;
        let tool = Tool::Pgbench(server.port());
        compare(
            "postgres",
            Some(tool),
            Bare::Postgres(bare),
            Arc::new(store),
        )
        .await?;
    }
    if let Some(server) = RedisServer::start() {
        let client = Client::open(server.url())?;
        let store = RedisStore::connect(client.clone()).await?;
        let bare = client.get_multiplexed_async_connection().await?;
        let tool = Tool::RedisBenchmark(server.port());
        compare("redis", Some(tool), Bare::Redis(bare), Arc::new(store)).await?;
    }
    Ok(())
}

/// A pool with the settings of the store.
async fn sqlite_pool(path: &std::path::Path) -> BenchResult<SqlitePool> {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(SqliteStore::connect_options(path))
        .await?;
    raw_sql(BARE_TABLE).execute(&pool).await?;
    Ok(pool)
}

async fn compare(
    name: &str,
    tool: Option<Tool>,
    bare: Bare,
    store: Arc<dyn InboxStore>,
) -> BenchResult {
    let operations = [
        Operation::Bare(bare),
        Operation::Claim(Arc::clone(&store)),
        Operation::Payment(store),
    ];
    for in_flight in [1_usize, 8, 32] {
        let mut of_tool = Vec::new();
        let mut rounds = [const { (Vec::new(), Vec::new()) }; 3];
        for _ in 0..ROUNDS {
            if let Some(tool) = tool {
                of_tool.extend(tool.run(in_flight).await?);
            }
            for (operation, (rates, times)) in operations.iter().zip(&mut rounds) {
                let (a_second, slow) = measure(operation, in_flight).await?;
                rates.push(a_second);
                times.push(slow.as_secs_f64() * 1e3);
            }
        }
        let of_tool = median(of_tool).map_or_else(|| "-".to_owned(), |rate| format!("{rate:.0}"));
        let mut line = format!("{name:8} {in_flight:9} {of_tool:>8}");
        let mut of_bare = None;
        for (rates, times) in rounds {
            let (rate, slow) = (median(rates).unwrap_or(0.0), median(times).unwrap_or(0.0));
            line += &format!(" {rate:8.0} {slow:6.2} ms");
            match of_bare {
                None => of_bare = Some(rate),
                Some(bare) => line += &format!(" {:4.0} %", rate / bare * 100.0),
            }
        }
        println!("{line}");
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Operations a second, and the 99th percentile of their time.
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
const ROUNDS: usize = 5;
const SPAN: Duration = Duration::from_millis(600);
