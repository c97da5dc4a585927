//! How long each operation takes beside ten million settled payments, in PostgreSQL and SQLite.
//!
//! ```sh
//! cargo run --release -p durability --example settled            # both, for about half an hour
//! cargo run --release -p durability --example settled -- 100000 sqlite
//! ```
//!
//! It needs up to 6 GB on the disk, in the folder for temporary files, until it ends.
#![expect(clippy::print_stdout, reason = "it prints its results")]

use std::{
    env,
    error::Error,
    time::{Duration, Instant},
};

use cryptocloud_postback::{Currency, InvoiceId};
use cryptocloud_postback_inbox::{
    ClaimQuery, Fields, Identity, InboxStore, Purge, Report, ReportId, Start, State,
};
use cryptocloud_postback_sqlx::{
    PostgresStore, SqliteStore,
    sqlx::{self, AssertSqlSafe, raw_sql},
};
use durability::PROJECT;
use tempfile::TempDir;
use throw_away_servers::PostgresServer;

type ExampleResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExampleResult {
    let mut arguments = env::args().skip(1);
    let rows: u64 = arguments
        .next()
        .map_or(Ok(10_000_000), |rows| rows.parse())?;
    let only = arguments.next();
    let is_asked = |name: &str| only.as_ref().is_none_or(|only| only == name);
    if is_asked("postgres") {
        postgres(rows).await?;
    }
    if is_asked("sqlite") {
        sqlite(rows).await?;
    }
    Ok(())
}

async fn postgres(rows: u64) -> ExampleResult {
    let Some(server) = PostgresServer::start() else {
        return Ok(());
    };
    let store = PostgresStore::connect(&server.url()).await?;
    store.migrate().await?;
    println!("PostgreSQL, {rows} settled payments");
    let began = Instant::now();
    for (first, last) in batches(rows) {
        let fill = format!(
            "SET synchronous_commit = off; INSERT INTO cryptocloud_inbox.report ({COLUMNS}) \
             SELECT '{PROJECT}', upper(substr(md5(i::text), 1, 12)), '', sha256(int8send(i)), \
             'postback', 'done', i, 1, at, at, '0.000113', 'BNB', 'ORDER_' || i \
             FROM generate_series({first}::bigint, {last}) AS i, \
             LATERAL (SELECT now() - i::float8 / {rows} * interval '{YEAR} seconds' AS at) AS times"
        );
        raw_sql(AssertSqlSafe(fill)).execute(store.pool()).await?;
    }
    raw_sql("VACUUM ANALYZE").execute(store.pool()).await?;
    println!("  filled in {:.0} s", began.elapsed().as_secs_f64());
    let size = "SELECT pg_total_relation_size('cryptocloud_inbox.report')";
    let bytes: i64 = sqlx::query_scalar(size).fetch_one(store.pool()).await?;
    println!(
        "  {} bytes a payment, with indexes",
        bytes.unsigned_abs() / rows
    );
    measure(&store).await
}

async fn sqlite(rows: u64) -> ExampleResult {
    let folder = TempDir::with_prefix("durability-settled-")?;
    let store = SqliteStore::connect(folder.path().join("inbox.sqlite")).await?;
    store.migrate().await?;
    println!("SQLite, {rows} settled payments");
    let began = Instant::now();
    for (first, last) in batches(rows) {
        // In the order of the indexes: otherwise each batch would write them almost as a whole.
        let fill = format!(
            "INSERT INTO cryptocloud_inbox_report ({COLUMNS}) \
             WITH RECURSIVE series (i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM series \
             WHERE i < {last}) SELECT '{PROJECT}', printf('%012X', i), x'', randomblob(32), \
             'postback', 'done', i, 1, unixepoch() * 1000 - i * {YEAR}000 / {rows}, \
             unixepoch() * 1000 - i * {YEAR}000 / {rows}, '0.000113', 'BNB', 'ORDER_' || i \
             FROM series"
        );
        raw_sql(AssertSqlSafe(fill)).execute(store.pool()).await?;
    }
    println!("  filled in {:.0} s", began.elapsed().as_secs_f64());
    let size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let bytes: i64 = sqlx::query_scalar(size).fetch_one(store.pool()).await?;
    println!(
        "  {} bytes a payment, with indexes",
        bytes.unsigned_abs() / rows
    );
    measure(&store).await
}

/// The first and the last number of each.
fn batches(rows: u64) -> impl Iterator<Item = (u64, u64)> {
    let first = (1..=rows).step_by(usize::try_from(BATCH).unwrap_or(usize::MAX));
    first.map(move |first| (first, rows.min(first + BATCH - 1)))
}

async fn measure(store: &impl InboxStore) -> ExampleResult {
    let new = |number: u32| -> ExampleResult<Report> {
        // The others have twelve characters.
        let invoice = InvoiceId::parse(&format!("NEW{number}"))?;
        let fields = Fields {
            amount_crypto: Some("0.000113".parse()?),
            currency: Some(Currency::Bnb),
            order_id: Some("ORDER_1".into()),
            invoice_info: Some(r#"{"amount_paid":1}"#.into()),
        };
        Ok(Report::new(Identity::new(PROJECT, invoice), fields))
    };
    for name in ["receive", "receive a resend"] {
        print(name, async |number| {
            drop(store.receive(&new(number)?, Start::Stored).await?);
            Ok(())
        })
        .await?;
    }
    let lease = Duration::from_secs(3_600);
    let query = ClaimQuery {
        limit: 1,
        lease,
        retry_span: lease,
    };
    print("oldest unfinished", async |_| {
        store.oldest_unfinished(PROJECT).await?;
        Ok(())
    })
    .await?;
    print("claim", async |_| {
        match store.claim(PROJECT, query).await?.claims.len() {
            1 => Ok(()),
            claims => Err(format!("{claims} claims").into()),
        }
    })
    .await?;
    print("claim, nothing due", async |_| {
        drop(store.claim(PROJECT, query).await?);
        Ok(())
    })
    .await?;
    print("promote, nothing waits", async |_| {
        store.promote(PROJECT, 100).await?;
        Ok(())
    })
    .await?;
    print("counts", async |_| {
        store.counts(PROJECT).await?;
        Ok(())
    })
    .await?;
    for (name, state, after) in [
        ("list held, none", State::Held, None),
        ("list 100 done", State::Done, None),
        ("list 100 done, in the middle", State::Done, Some(MIDDLE)),
    ] {
        let after = after.map(ReportId::from_number);
        print(name, async |_| {
            store.list(PROJECT, state, after, 100).await?;
            Ok(())
        })
        .await?;
    }
    for (name, purge, age) in [
        ("purge, nothing to do", Purge::Fields, 2 * YEAR),
        ("purge the fields of 100", Purge::Fields, YEAR / 2),
        ("forget 100 identities", Purge::Identity, YEAR / 2),
    ] {
        print(name, async |_| {
            store
                .purge(PROJECT, Duration::from_secs(age), purge, 100)
                .await?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// Runs an operation again and again, and prints how long it takes.
async fn print(name: &str, operation: impl AsyncFn(u32) -> ExampleResult) -> ExampleResult {
    let mut times = Vec::new();
    for number in 0..TIMES {
        let began = Instant::now();
        operation(number).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let of = |part: usize| times.get(times.len() * part / 100).copied();
    let [median, slow] = [50, 99].map(|part| of(part).unwrap_or_default());
    println!("  {name:30} {median:8.2} ms, 99th percentile {slow:8.2} ms");
    Ok(())
}

const BATCH: u64 = 500_000;
const COLUMNS: &str = "project, invoice_id, transactions, fingerprint, source, state, fence, \
    attempts, received_at, settled_at, amount, currency, order_id";
const MIDDLE: i64 = 50_000;
const TIMES: u32 = 100;
const YEAR: u64 = 365 * 86_400;
