//! Payments a second, each claimed and completed, and the time that 99 % of them take: each written
//! alone, and those that wait written together, in turns.
//!
//! Run with `cargo bench -p cryptocloud-postback-sqlx --all-features --bench claims`.
#![expect(clippy::print_stdout, reason = "that is what a benchmark is for")]

use std::{
    error::Error,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use cryptocloud_postback::{Amount, Currency};
use cryptocloud_postback_inbox::{Claim, InboxStore, Key, Report};
use cryptocloud_postback_sqlx::{
    PostgresStore, SqliteStore,
    sqlx::postgres::{PgConnectOptions, PgPoolOptions},
};
use throw_away_servers::PostgresServer;
use tokio::task::JoinSet;

type BenchResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> BenchResult {
    println!("median of {ROUNDS} rounds: payments a second and p99, by how many are in flight");
    println!("{:22} {:>18} {:>18}", "", "alone", "together");

    let folder = std::env::temp_dir().join(format!("claims-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let store = SqliteStore::open(folder.join("bench.sqlite")).await?;
    compare(
        "sqlite",
        [Arc::new(store.clone().max_batch(1)), Arc::new(store)],
    )
    .await?;
    std::fs::remove_dir_all(&folder)?;

    let Some(server) = PostgresServer::start() else {
        return Ok(());
    };
    for connections in [10, 32] {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .test_before_acquire(false)
            .connect_with(PgConnectOptions::from_str(&server.url())?)
            .await?;
        let store = PostgresStore::new(pool);
        store.migrate().await?;
        let name = format!("postgres, {connections} conn.");
        compare(
            &name,
            [Arc::new(store.clone().max_batch(1)), Arc::new(store)],
        )
        .await?;
    }
    Ok(())
}

async fn compare(name: &str, stores: [Arc<dyn InboxStore>; 2]) -> BenchResult {
    for in_flight in [1, 8, 32, 64] {
        let mut rounds = [Vec::new(), Vec::new()];
        for round in 0..ROUNDS {
            // Each is the first one in turn.
            for at in [round % 2, (round + 1) % 2] {
                rounds[at].push(measure(&stores[at], in_flight).await?);
            }
        }
        let [(alone, alone_p99), (together, together_p99)] = rounds.map(median);
        println!(
            "{name:18} {in_flight:3} {alone:7.0} {alone_p99:7.2} ms {together:7.0} {together_p99:7.2} ms  x{:.2}",
            together / alone
        );
    }
    Ok(())
}

/// Of each by itself.
fn median(rounds: Vec<(f64, f64)>) -> (f64, f64) {
    let (mut rates, mut slow): (Vec<f64>, Vec<f64>) = rounds.into_iter().unzip();
    rates.sort_by(f64::total_cmp);
    slow.sort_by(f64::total_cmp);
    (rates[rates.len() / 2], slow[slow.len() / 2])
}

/// How many a second, and the milliseconds that 99 % of them take.
async fn measure(store: &Arc<dyn InboxStore>, in_flight: usize) -> BenchResult<(f64, f64)> {
    let start = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..in_flight {
        let store = Arc::clone(store);
        workers.spawn(async move {
            let mut times = Vec::new();
            while start.elapsed() < SPAN {
                let before = Instant::now();
                pay(&*store).await?;
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
    let slow = times[times.len() * 99 / 100];
    Ok((a_second, slow.as_secs_f64() * 1e3))
}

async fn pay(store: &dyn InboxStore) -> BenchResult {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let invoice = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
    let key = Key::new("shop", &invoice, "success");
    let report = Report::new(key, Amount::parse("1")?, Currency::Bnb, None);
    let Claim::Acquired(lease) = store.claim(&report, LEASE).await? else {
        return Err("not free".into());
    };
    Ok(store.complete(&lease).await?)
}

const LEASE: Duration = Duration::from_secs(3_600);
const ROUNDS: usize = 15;
const SPAN: Duration = Duration::from_millis(300);
