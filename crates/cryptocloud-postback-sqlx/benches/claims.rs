//! Claims and completions a second, and the time that 99 % of the pairs take, at 1, 8 and 32 in flight.
//!
//! Run with `cargo bench -p cryptocloud-postback-sqlx --all-features --bench claims`.
#![expect(clippy::print_stdout, reason = "that is what a benchmark is for")]

use std::{
    error::Error,
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use cryptocloud_postback::{Amount, Currency};
use cryptocloud_postback_inbox::{Claim, InboxStore, Key, Report};
use cryptocloud_postback_sqlx::{
    PostgresStore, SqliteStore,
    sqlx::{
        self,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};
use throw_away_servers::PostgresServer;
use tokio::task::JoinSet;

type BenchResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> BenchResult {
    let folder = std::env::temp_dir().join(format!("claims-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let store = SqliteStore::open(folder.join("bench.sqlite")).await?;
    bare(&store).await?;
    let alone = store.clone().max_batch(1);
    measure("sqlite, each alone", Arc::new(alone)).await?;
    measure("sqlite, together", Arc::new(store)).await?;
    std::fs::remove_dir_all(&folder)?;

    if let Some(server) = PostgresServer::start() {
        let pool = PgPoolOptions::new()
            .max_connections(32)
            .test_before_acquire(false)
            .connect_with(PgConnectOptions::from_str(&server.url())?)
            .await?;
        let store = PostgresStore::new(pool);
        store.migrate().await?;
        measure("postgres", Arc::new(store)).await?;
    }
    Ok(())
}

/// What the disk allows: two commits of the smallest row for each payment.
async fn bare(store: &SqliteStore) -> BenchResult {
    sqlx::query("CREATE TABLE bare (id INTEGER PRIMARY KEY)")
        .execute(store.pool())
        .await?;
    let before = Instant::now();
    let mut count = 0_u32;
    while before.elapsed() < Duration::from_secs(3) {
        sqlx::query("INSERT INTO bare DEFAULT VALUES")
            .execute(store.pool())
            .await?;
        count += 1;
    }
    let a_second = f64::from(count) / 2.0 / before.elapsed().as_secs_f64();
    println!("sqlite, bare inserts: {a_second:6.0} pairs a second");
    Ok(())
}

async fn measure(name: &str, store: Arc<dyn InboxStore>) -> BenchResult {
    for in_flight in [1_usize, 8, 32] {
        let before = Instant::now();
        let mut workers = JoinSet::new();
        for worker in 0..in_flight {
            let store = Arc::clone(&store);
            workers.spawn(work(store, format!("{name} {in_flight}-{worker}")));
        }
        let mut times = Vec::new();
        for result in workers.join_all().await {
            times.extend(result?);
        }
        times.sort();
        let a_second = times.len() as f64 / before.elapsed().as_secs_f64();
        let slow = times[times.len() * 99 / 100];
        println!("{name}: {in_flight:2} in flight: {a_second:6.0} payments a second, p99 {slow:?}");
    }
    Ok(())
}

async fn work(store: Arc<dyn InboxStore>, name: String) -> BenchResult<Vec<Duration>> {
    let mut times = Vec::new();
    let end = Instant::now() + Duration::from_secs(3);
    while Instant::now() < end {
        let key = Key::new("shop", &format!("{name}-{}", times.len()), "success");
        let report = Report::new(key, Amount::parse("1")?, Currency::Bnb, None);
        let before = Instant::now();
        let Claim::Acquired(lease) = store.claim(&report, Duration::from_secs(60)).await? else {
            return Err("not free".into());
        };
        store.complete(&lease).await?;
        times.push(before.elapsed());
    }
    Ok(times)
}
