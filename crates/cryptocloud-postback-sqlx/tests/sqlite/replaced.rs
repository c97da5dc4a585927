//! The file is deleted, moved or replaced while the store has it open.
#![cfg(unix)]

use std::{
    error::Error,
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use cryptocloud_postback_inbox::{
    Failure, Handler, InboxStore, Payment, Settled, StoreError, StoreErrorKind,
};
use cryptocloud_postback_sqlx::{
    SqliteStore,
    sqlx::{SqliteConnection, sqlite::SqlitePoolOptions},
};

use crate::{
    file::File,
    shared::{self, PAY, PROJECT, Script, TestResult, claimed, report},
};

#[track_caller]
fn check<T>(result: Result<T, StoreError>, kind: StoreErrorKind) {
    match result {
        Ok(_) => panic!("it was confirmed"),
        Err(error) => {
            assert_eq!(error.kind(), kind);
            let source = error.source().map(ToString::to_string).unwrap_or_default();
            assert!(
                source.contains("move it back with its own -wal"),
                "{source}"
            );
        }
    }
}

/// All that the store does is refused, before it begins.
async fn check_refused(file: &File, payment: &Payment) {
    let unavailable = StoreErrorKind::Unavailable;
    let received = file.store.receive(&report("B", "1"), shared::start()).await;
    check(received, unavailable);
    match file.settle(payment, &Script::new([PAY])).await {
        Settled::NotBegun(error) => check::<()>(Err(error), unavailable),
        settled => panic!("{settled:?}"),
    }
    check(file.store.find(PROJECT, "A").await, unavailable);
    check(file.store.check().await, unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_into_a_deleted_file() -> TestResult {
    let file = File::new().await;
    let payment = file.payment().await;
    fs::remove_file(&file.path)?;
    check_refused(&file, &payment).await;
    // Nor into a new one.
    assert!(!file.path.exists());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_into_a_replaced_file() -> TestResult {
    let (file, other) = (File::new().await, File::new().await);
    let payment = file.payment().await;
    other.store.pool().close().await;
    fs::rename(&other.path, &file.path)?;
    check_refused(&file, &payment).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_moved_back_is_used_again() -> TestResult {
    let file = File::new().await;
    let payment = file.payment().await;
    let moved = file.path.with_extension("moved");
    fs::rename(&file.path, &moved)?;
    check_refused(&file, &payment).await;
    fs::rename(&moved, &file.path)?;
    let other = report("B", "1");
    drop(claimed(file.store.receive(&other, shared::start()).await?));
    let settled = file.settle(&payment, &Script::new([PAY])).await;
    assert!(matches!(settled, Settled::Done), "{settled:?}");
    Ok(())
}

/// A handler that deletes the file.
struct Deletes(PathBuf);

impl Handler<SqliteConnection> for Deletes {
    async fn handle(&self, _: &Payment, _: &mut SqliteConnection) -> Result<(), Failure> {
        fs::remove_file(&self.0)?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_not_done_if_the_file_is_deleted_meanwhile() -> TestResult {
    let file = File::new().await;
    let payment = file.payment().await;
    match file.settle(&payment, &Deletes(file.path.clone())).await {
        Settled::Unknown(error) => check::<()>(Err(error), StoreErrorKind::OutcomeUnknown),
        settled => panic!("{settled:?}"),
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receive_is_not_confirmed_if_the_file_is_deleted_meanwhile() -> TestResult {
    // The first report of a payment needs one statement; the second one is a transaction after two.
    for (amount, statement) in [("1", 1), ("2", 3)] {
        let file = File::new().await;
        if amount == "2" {
            let first = report("A", "1");
            drop(claimed(file.store.receive(&first, shared::start()).await?));
        }
        let (path, statements) = (file.path.clone(), AtomicU32::new(0));
        let options = SqlitePoolOptions::new().max_connections(1);
        let options = options.before_acquire(move |_, _| {
            if statements.fetch_add(1, Ordering::Relaxed) + 1 == statement {
                fs::remove_file(&path).unwrap_or_else(|error| panic!("{error}"));
            }
            Box::pin(async { Ok(true) })
        });
        let pool = options.connect_with(SqliteStore::connect_options(&file.path));
        let store = SqliteStore::new(pool.await?);
        let received = store.receive(&report("A", amount), shared::start()).await;
        check(received, StoreErrorKind::OutcomeUnknown);
    }
    Ok(())
}
