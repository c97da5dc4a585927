//! Versions of the schema, and rows that no version can read.

use cryptocloud_postback_inbox::{ClaimQuery, InboxStore, Receipt, Start, StoreErrorKind};

use super::{LONG, PROJECT, TestResult, report};
use crate::{Fixture, MIGRATIONS, REPORT, VERSION};

#[tokio::test(flavor = "multi_thread")]
async fn missing_schema_is_refused_with_the_command() -> TestResult {
    let Some(fixture) = Fixture::without_schema().await else {
        return Ok(());
    };
    let checked = fixture.store.check().await;
    let error = checked.err().ok_or("there is no schema")?;
    assert_eq!(error.kind(), StoreErrorKind::SchemaMissing);
    assert!(error.to_string().contains(COMMAND), "{error}");
    let received = fixture
        .store
        .receive(&report("A", "1"), super::start())
        .await;
    let kind = received.err().map(|error| error.kind());
    assert_eq!(kind, Some(StoreErrorKind::SchemaMissing));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn this_version_and_the_next_are_accepted() -> TestResult {
    let Some(fixture) = Fixture::with_schema().await else {
        return Ok(());
    };
    let store = &fixture.store;
    let newest = MIGRATIONS.last().map_or(0, |migration| migration.number);
    for (version, expected) in [
        (newest, None),
        (newest + 1, None),
        (newest + 2, Some(StoreErrorKind::SchemaTooNew)),
    ] {
        let update = format!("UPDATE {VERSION} SET number = {version}");
        fixture.run(update).await;
        for checked in [store.check().await, store.migrate().await] {
            let kind = checked.err().map(|error| error.kind());
            assert_eq!(kind, expected, "{version}");
        }
        assert_eq!(store.schema_version().await?, version);
    }
    Ok(())
}

/// A program that was updated before its database.
#[tokio::test(flavor = "multi_thread")]
async fn older_version_is_refused_with_the_command() -> TestResult {
    let Some(fixture) = Fixture::with_schema().await else {
        return Ok(());
    };
    let older = format!("UPDATE {VERSION} SET number = number - 1");
    fixture.run(older).await;
    let checked = fixture.store.check().await;
    let error = checked.err().ok_or("the schema is older")?;
    assert_eq!(error.kind(), StoreErrorKind::SchemaTooOld);
    assert!(error.to_string().contains(COMMAND), "{error}");
    Ok(())
}

/// The same without a look at the version, as before the hourly one.
#[tokio::test(flavor = "multi_thread")]
async fn missing_column_is_an_older_version() -> TestResult {
    let Some(fixture) = Fixture::with_schema().await else {
        return Ok(());
    };
    let older = format!("ALTER TABLE {REPORT} RENAME COLUMN currency TO coin");
    fixture.run(older).await;
    let received = fixture
        .store
        .receive(&report("A", "1"), super::start())
        .await;
    let kind = received.err().map(|error| error.kind());
    assert_eq!(kind, Some(StoreErrorKind::SchemaTooOld));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn row_that_cannot_be_read_stops_no_other() -> TestResult {
    let Some(fixture) = Fixture::with_schema().await else {
        return Ok(());
    };
    let store = &fixture.store;
    for invoice in ["A", "B", "C"] {
        let stored = store.receive(&report(invoice, "1"), Start::Stored).await?;
        assert!(matches!(stored, Receipt::Stored { is_new: true, .. }));
    }
    let spoil = format!("UPDATE {REPORT} SET amount = 'many' WHERE invoice_id = 'B'");
    fixture.run(spoil).await;
    let query = ClaimQuery {
        limit: 10,
        lease: LONG,
        retry_span: LONG,
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

const COMMAND: &str = "ccpostback inbox migrate";
