//! Migrations, versions and roles.

use std::{error::Error, time::Duration};

use cryptocloud_postback_inbox::{Hold, HoldKind, InboxStore, Purge, StoreErrorKind};
use cryptocloud_postback_sqlx::{PostgresStore, sqlx};
use tokio::{task::JoinSet, time};

use crate::{
    database::Database,
    shared::{self, HANG, PROJECT, TestResult, claimed, report},
};

#[tokio::test(flavor = "multi_thread")]
async fn many_migrate_at_once_and_again() -> TestResult {
    let Some(database) = Database::empty(&[]).await else {
        return Ok(());
    };
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let store = database.store.clone();
        tasks.spawn(async move { store.migrate().await });
    }
    for migrated in tasks.join_all().await {
        migrated?;
    }
    database.store.migrate().await?;
    database.store.check().await?;
    assert_eq!(
        database
            .number("SELECT count(*) FROM cryptocloud_inbox.version")
            .await,
        1
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn start_and_migrate_wait_for_no_open_transaction() -> TestResult {
    let Some(database) = Database::new().await else {
        return Ok(());
    };
    let mut open = database.store.pool().begin().await?;
    for table in ["report", "decision", "reconciliation", "version"] {
        let lock = format!("LOCK TABLE cryptocloud_inbox.{table} IN SHARE ROW EXCLUSIVE MODE");
        let lock = sqlx::AssertSqlSafe(lock);
        sqlx::query(lock).execute(&mut *open).await?;
    }
    let starts = async {
        let store = PostgresStore::connect(&database.url_of("postgres")).await?;
        store.check().await?;
        store.migrate().await
    };
    time::timeout(HANG, starts).await??;
    open.rollback().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn migration_waits_at_most_200_ms_and_tries_again() -> TestResult {
    let Some(database) = Database::empty(&[]).await else {
        return Ok(());
    };
    // Another migration that does not end.
    let mut open = database.store.pool().begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock(7165923480996635500)")
        .execute(&mut *open)
        .await?;
    let migrate = {
        let store = database.store.clone();
        tokio::spawn(async move { store.migrate().await })
    };
    let aborted = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    let wait = async { while database.number(aborted).await < 2 {} };
    time::timeout(HANG, wait).await?;
    open.rollback().await?;
    migrate.await??;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn role_without_ddl_rights_runs() -> TestResult {
    let Some(database) = Database::new().await else {
        return Ok(());
    };
    let role = format!("app_{}", database.name);
    database.run(format!("CREATE ROLE {role} LOGIN")).await;
    let store = PostgresStore::connect(&database.url_of(&role)).await?;
    let refused = store.check().await.err().ok_or("no privileges yet")?;
    assert_eq!(refused.kind(), StoreErrorKind::Unavailable);
    assert!(refused.source().is_some());
    database
        .run(format!(
            "GRANT USAGE ON SCHEMA cryptocloud_inbox TO {role};
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA cryptocloud_inbox TO {role};
             GRANT SELECT, UPDATE ON orders TO {role}"
        ))
        .await;
    store.check().await?;
    store.migrate().await?;
    let claim = claimed(store.receive(&report("A", "1"), shared::start()).await?);
    let hold = Hold::new(HoldKind::Handler, "no such order");
    store.hold(&claim, &hold).await?;
    store
        .discard(PROJECT, claim.id, &shared::operator())
        .await?;
    let age = Duration::ZERO;
    assert_eq!(store.purge(PROJECT, age, Purge::Identity, 10).await?, 1);
    assert!(store.history(PROJECT, claim.id).await?.is_empty());
    Ok(())
}
