//! Migrations and versions.

use std::time::Duration;

use cryptocloud_postback_inbox::{InboxStore, Receipt};
use cryptocloud_postback_sqlx::SqliteStore;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::{task::JoinSet, time::timeout};

use crate::{
    file::File,
    shared::{self, Dropped, PROJECT, TestResult, report},
};

#[tokio::test(flavor = "multi_thread")]
async fn many_open_and_migrate_at_once() -> TestResult {
    let folder = TempDir::new()?;
    let path = folder.path().join("inbox.sqlite");
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let path = path.clone();
        tasks.spawn(async move {
            let store = SqliteStore::connect(path).await?;
            store.migrate().await?;
            store.check().await
        });
    }
    for migrated in tasks.join_all().await {
        migrated?;
    }
    Ok(())
}

/// As while another process turns on write-ahead logging, for which SQLite does not wait by itself.
#[tokio::test(flavor = "multi_thread")]
async fn start_waits_for_a_file_that_is_locked() -> TestResult {
    let folder = TempDir::new()?;
    let path = folder.path().join("inbox.sqlite");
    let options = SqliteConnectOptions::new().filename(&path);
    let mut other = options.create_if_missing(true).connect().await?;
    sqlx::raw_sql("CREATE TABLE other (id); BEGIN; SELECT * FROM other")
        .execute(&mut other)
        .await?;
    let mut start = tokio::spawn(SqliteStore::connect(path));
    // Longer than SQLite's own limit of three seconds.
    let early = timeout(Duration::from_secs(5), &mut start).await;
    assert!(early.is_err(), "{early:?}");
    sqlx::raw_sql("COMMIT").execute(&mut other).await?;
    start.await??.migrate().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_receives_and_decisions_are_whole() -> TestResult {
    let file = File::new().await;
    let store = &file.store;
    for polls in 0..20 {
        let invoice = format!("R{polls}");
        for amount in ["1", "2"] {
            let report = report(&invoice, amount);
            let _ = Dropped::after(polls, store.receive(&report, shared::start())).await;
        }
        let id = match store
            .receive(&report(&invoice, "2"), shared::start())
            .await?
        {
            Receipt::Claimed(claim) => claim.id,
            Receipt::Stored { id, .. } => id,
        };
        let by = shared::operator();
        let _ = Dropped::after(polls, store.discard(PROJECT, id, &by)).await;
    }
    let torn = "SELECT count(*) FROM cryptocloud_inbox_report WHERE (state = 'discarded') <> \
                EXISTS (SELECT 1 FROM cryptocloud_inbox_decision \
                WHERE report_id = cryptocloud_inbox_report.id)";
    assert_eq!(file.number(torn).await, 0);
    let blocking = "SELECT count(*) FROM cryptocloud_inbox_report WHERE state = 'running'";
    assert_eq!(file.number(blocking).await, 20);
    Ok(())
}
