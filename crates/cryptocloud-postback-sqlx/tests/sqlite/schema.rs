//! Migrations and versions.

use cryptocloud_postback_inbox::{ClaimQuery, InboxStore, Receipt, Start, StoreErrorKind};
use cryptocloud_postback_sqlx::{SqliteStore, sqlite};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::{
    file::File,
    shared::{self, Dropped, PROJECT, TestResult, report},
};

#[tokio::test(flavor = "multi_thread")]
async fn missing_schema_is_refused_with_the_command() -> TestResult {
    let file = File::empty().await;
    let error = file.store.check().await.err().ok_or("there is no schema")?;
    assert_eq!(error.kind(), StoreErrorKind::SchemaMissing);
    assert!(
        error.to_string().contains("ccpostback inbox migrate"),
        "{error}"
    );
    let received = file.store.receive(&report("A", "1"), shared::start()).await;
    let kind = received.err().map(|error| error.kind());
    assert_eq!(kind, Some(StoreErrorKind::SchemaMissing));
    Ok(())
}

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

#[tokio::test(flavor = "multi_thread")]
async fn this_version_and_the_next_are_accepted() -> TestResult {
    let file = File::new().await;
    let newest = sqlite::MIGRATIONS
        .last()
        .map_or(0, |migration| migration.number);
    for (version, expected) in [
        (newest, None),
        (newest + 1, None),
        (newest + 2, Some(StoreErrorKind::SchemaTooNew)),
    ] {
        file.run(format!(
            "UPDATE cryptocloud_inbox_version SET number = {version}"
        ))
        .await;
        let kind = file.store.check().await.err().map(|error| error.kind());
        assert_eq!(kind, expected, "{version}");
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn row_that_cannot_be_read_stops_no_other() -> TestResult {
    let file = File::new().await;
    let store = &file.store;
    let fixture = &file;
    for invoice in ["A", "B", "C"] {
        let stored = store.receive(&report(invoice, "1"), Start::Stored).await?;
        assert!(matches!(stored, Receipt::Stored { is_new: true, .. }));
    }
    fixture
        .run("UPDATE cryptocloud_inbox_report SET amount = 'many' WHERE invoice_id = 'B'")
        .await;
    let query = ClaimQuery {
        limit: 10,
        lease: shared::LONG,
        retry_span: shared::LONG,
    };
    let claimed = store.claim(PROJECT, query).await?;
    let invoices = claimed.claims.iter();
    let invoices: Vec<&str> = invoices
        .map(|claim| claim.report.invoice_id().as_str())
        .collect();
    assert_eq!(invoices, ["A", "C"]);
    let found = store.find(PROJECT, "B").await;
    let kind = found.err().map(|error| error.kind());
    assert_eq!(kind, Some(StoreErrorKind::Corrupt));
    Ok(())
}
