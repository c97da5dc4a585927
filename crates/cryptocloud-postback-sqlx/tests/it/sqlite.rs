use std::time::Duration;

use cryptocloud_postback_inbox::{
    Claim, InboxStore, StoreErrorKind,
    contract::{self, Fixture},
};
use cryptocloud_postback_sqlx::{
    Entry, SqliteStore, TableName,
    sqlx::{
        self, SqlitePool,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};

use crate::{Folder, TestResult, ages, report};

const LEASE: Duration = Duration::from_secs(3_600);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract_with_one_connection() -> TestResult {
    let folder = Folder::new("sqlite-one")?;
    let store = SqliteStore::open(folder.file()).await?;
    // Before the inbox gives up.
    assert!(store.pool().options().get_acquire_timeout() < Duration::from_secs(5));
    contract::verify(async || Fixture::new(store.clone())).await;
    Ok(())
}

/// What has no ORDER BY comes in the other order.
fn reversed(folder: &Folder) -> SqliteConnectOptions {
    SqliteStore::connect_options(folder.file()).pragma("reverse_unordered_selects", "ON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract_with_many_connections_and_another_table() -> TestResult {
    let folder = Folder::new("sqlite-many")?;
    let pool = SqlitePoolOptions::new()
        .max_connections(8)
        .connect_with(reversed(&folder))
        .await?;
    let store = SqliteStore::with_table(pool, &TableName::parse("shop_inbox")?);
    store.migrate().await?;
    contract::verify(async || Fixture::new(store.clone())).await;
    let (tables,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%cryptocloud_inbox%'")
            .fetch_one(store.pool())
            .await?;
    assert_eq!(tables, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn opened_and_migrated_at_once() -> TestResult {
    let folder = Folder::new("sqlite-migrate")?;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let file = folder.file();
        tasks.spawn(async move { SqliteStore::open(file).await });
    }
    for store in tasks.join_all().await {
        let store = store?;
        store.migrate().await?;
        assert_eq!(store.check_settings().await?, []);
    }
    Ok(())
}

#[tokio::test]
async fn dangerous_settings_are_named() -> TestResult {
    let folder = Folder::new("sqlite-settings")?;
    let options = SqliteStore::connect_options(folder.file())
        .synchronous(SqliteSynchronous::Normal)
        .journal_mode(SqliteJournalMode::Memory);
    let store = SqliteStore::new(SqlitePool::connect_with(options).await?);
    let warnings = store.check_settings().await?;
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "the database may lose payments in a crash: synchronous is 1",
            "the database may lose payments in a crash: journal_mode is memory",
        ]
    );
    Ok(())
}

async fn shop(name: &str) -> Result<(Folder, SqliteStore), Box<dyn std::error::Error>> {
    let folder = Folder::new(name)?;
    let store = SqliteStore::open(folder.file()).await?;
    sqlx::query("CREATE TABLE credits (amount TEXT NOT NULL)")
        .execute(store.pool())
        .await?;
    Ok((folder, store))
}

async fn credits(store: &SqliteStore) -> sqlx::Result<i64> {
    let (count,): (i64,) = sqlx::query_as("SELECT count(*) FROM credits")
        .fetch_one(store.pool())
        .await?;
    Ok(count)
}

/// Claims and credits in one transaction.
async fn pay(
    store: &SqliteStore,
    amount: &str,
    commits: bool,
) -> Result<Entry, Box<dyn std::error::Error>> {
    let mut transaction = store.pool().begin_with("BEGIN IMMEDIATE").await?;
    let entry = store
        .claim_in(&mut transaction, &report("A", amount))
        .await?;
    if entry.is_first() {
        sqlx::query("INSERT INTO credits VALUES ($1)")
            .bind(amount)
            .execute(&mut *transaction)
            .await?;
    }
    match commits {
        true => transaction.commit().await?,
        false => transaction.rollback().await?,
    }
    Ok(entry)
}

#[tokio::test]
async fn claim_and_write_commit_together() -> TestResult {
    let (_folder, store) = shop("sqlite-together").await?;
    assert_eq!(pay(&store, "1", false).await?, Entry::First);
    assert_eq!(credits(&store).await?, 0);
    assert_eq!(pay(&store, "1", true).await?, Entry::First);
    assert_eq!(pay(&store, "1", true).await?, Entry::Done);
    assert_eq!(pay(&store, "1.0", true).await?, Entry::Done);
    assert_eq!(store.claim(&report("A", "1"), LEASE).await?, Claim::Done);
    assert_eq!(pay(&store, "2", true).await?, Entry::Conflict);
    assert_eq!(credits(&store).await?, 1);
    let open = store.conflicts("shop", None, 10).await?;
    assert_eq!(open.len(), 1);
    Ok(())
}

#[tokio::test]
async fn claim_in_meets_a_handler() -> TestResult {
    let (_folder, store) = shop("sqlite-meets").await?;
    let Claim::Acquired(lease) = store.claim(&report("A", "1"), LEASE).await? else {
        panic!("free");
    };
    match pay(&store, "1", true).await? {
        Entry::InFlight { retry_after } => assert!(retry_after > LEASE / 2),
        entry => panic!("{entry:?}"),
    }
    assert_eq!(pay(&store, "2", true).await?, Entry::Conflict);
    store.release(&lease).await?;
    assert_eq!(pay(&store, "1", true).await?, Entry::First);
    // It leads again, alone.
    assert_eq!(pay(&store, "2", true).await?, Entry::Conflict);
    assert_eq!(store.conflicts("shop", None, 10).await?.len(), 1);
    let (owner, fence): (Vec<u8>, i64) =
        sqlx::query_as("SELECT owner, fence FROM cryptocloud_inbox WHERE lead")
            .fetch_one(store.pool())
            .await?;
    assert_ne!(owner, lease.owner().as_bytes());
    assert_eq!(fence, 2);
    let stale = store.complete(&lease).await.err().map(|error| error.kind());
    assert_eq!(stale, Some(StoreErrorKind::StaleLease));
    Ok(())
}

async fn grow_old(store: &SqliteStore, invoice: &str) -> TestResult {
    sqlx::query(
        "UPDATE cryptocloud_inbox SET changed_at = changed_at - 7200000 WHERE invoice_id LIKE $1",
    )
    .bind(invoice)
    .execute(store.pool())
    .await?;
    Ok(())
}

#[tokio::test]
async fn ages_from_the_last_change() -> TestResult {
    let (_folder, store) = shop("sqlite-ages").await?;
    let claim_in = async |invoice: &str| {
        let mut transaction = store.begin().await?;
        let entry = store
            .claim_in(&mut transaction, &report(invoice, "1"))
            .await?;
        assert_eq!(entry, Entry::First);
        Ok(transaction.commit().await?)
    };
    ages::from_the_last_change(
        &store,
        async |like: &str| grow_old(&store, like).await,
        claim_in,
    )
    .await
}

#[tokio::test]
async fn purges_the_oldest_first() -> TestResult {
    let folder = Folder::new("sqlite-oldest")?;
    let store = SqliteStore::new(SqlitePool::connect_with(reversed(&folder)).await?);
    store.migrate().await?;
    ages::oldest_first(&store, async |like: &str| grow_old(&store, like).await).await
}

#[tokio::test]
async fn changed_by_hand_is_not_offered() -> TestResult {
    let (_folder, store) = shop("sqlite-corrupt").await?;
    pay(&store, "1", true).await?.outcome::<()>().ok();
    assert_eq!(pay(&store, "2", true).await?, Entry::Conflict);
    for change in [
        "UPDATE cryptocloud_inbox SET amount = '9000' WHERE state = 3",
        "UPDATE cryptocloud_inbox SET amount = 'much' WHERE state = 3",
        "UPDATE cryptocloud_inbox SET state = 9",
    ] {
        sqlx::query(change).execute(store.pool()).await?;
        let error = match change.ends_with('9') {
            true => store.claim(&report("A", "1"), LEASE).await.err(),
            false => store.conflicts("shop", None, 10).await.err(),
        };
        let kind = error.map(|error| error.kind());
        assert_eq!(kind, Some(StoreErrorKind::Corrupt), "{change}");
    }
    Ok(())
}

#[tokio::test]
async fn without_a_table_it_is_unavailable() -> TestResult {
    let folder = Folder::new("sqlite-missing")?;
    let options = SqliteStore::connect_options(folder.file());
    let store = SqliteStore::new(SqlitePool::connect_with(options).await?);
    let error = store.claim(&report("A", "1"), LEASE).await.err();
    assert_eq!(
        error.map(|error| error.kind()),
        Some(StoreErrorKind::Unavailable)
    );
    Ok(())
}

/// A commit can fail although its statement went well, as on a full disk.
#[tokio::test]
async fn failed_commit_is_no_claim() -> TestResult {
    let (_folder, store) = shop("sqlite-commit").await?;
    sqlx::raw_sql(
        "CREATE TABLE parents (id INTEGER PRIMARY KEY);
         CREATE TABLE children (parent REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TRIGGER fails AFTER INSERT ON cryptocloud_inbox
         BEGIN INSERT INTO children VALUES (1); END;",
    )
    .execute(store.pool())
    .await?;
    let error = store.claim(&report("A", "1"), LEASE).await.err();
    assert_eq!(
        error.map(|error| error.kind()),
        Some(StoreErrorKind::Unavailable)
    );
    assert!(pay(&store, "1", true).await.is_err());
    sqlx::query("DROP TRIGGER fails")
        .execute(store.pool())
        .await?;
    assert_eq!(pay(&store, "1", true).await?, Entry::First);
    Ok(())
}

/// Many share one commit, and it fails because of one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_bad_claim_fails_no_other() -> TestResult {
    let (_folder, store) = shop("sqlite-batch").await?;
    sqlx::raw_sql(
        "CREATE TABLE parents (id INTEGER PRIMARY KEY);
         CREATE TABLE children (parent REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TRIGGER late AFTER INSERT ON cryptocloud_inbox WHEN new.invoice_id = 'LATE'
         BEGIN INSERT INTO children VALUES (1); END;
         CREATE TRIGGER early AFTER INSERT ON cryptocloud_inbox WHEN new.invoice_id = 'EARLY'
         BEGIN SELECT raise(ABORT, 'no'); END;",
    )
    .execute(store.pool())
    .await?;
    // Everybody waits for this one, and arrives together after it.
    let before = store.pool().begin_with("BEGIN IMMEDIATE").await?;
    let mut claims = tokio::task::JoinSet::new();
    for number in 0..64 {
        let store = store.clone();
        claims.spawn(async move {
            let invoice = match number {
                20 => "EARLY".to_owned(),
                40 => "LATE".to_owned(),
                number => format!("ID{number}"),
            };
            let claim = store.claim(&report(&invoice, "1"), LEASE).await;
            let Ok(Claim::Acquired(lease)) = claim else {
                return Err(invoice);
            };
            let completed = store.complete(&lease).await;
            completed.map_err(|_| format!("{invoice} is not completed"))
        });
        tokio::task::yield_now().await;
    }
    before.commit().await?;
    let mut failed: Vec<String> = claims
        .join_all()
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    failed.sort();
    assert_eq!(failed, ["EARLY", "LATE"]);
    let (done,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM cryptocloud_inbox WHERE state = 2 AND lead")
            .fetch_one(store.pool())
            .await?;
    assert_eq!(done, 62);
    Ok(())
}
