//! What becomes of records, and whoever else is at them.

use std::time::Duration;

use cryptocloud_postback_inbox::{Claim, InboxStore, StoreErrorKind};
use cryptocloud_postback_sqlx::{Entry, sqlx};

use crate::{
    TestResult, ages,
    postgres::{LEASE, Shop},
    report,
};

#[tokio::test]
async fn claim_in_meets_a_handler() -> TestResult {
    let Some(shop) = Shop::open("meets").await? else {
        return Ok(());
    };
    let pay = async |amount| shop.pay(amount, true).await.map_err(|e| e.to_string());
    let Claim::Acquired(lease) = shop.store.claim(&report("A", "1"), LEASE).await? else {
        panic!("free");
    };
    let entry = pay("1").await?;
    assert!(matches!(entry, Entry::InFlight { .. }), "{entry:?}");
    assert_eq!(pay("2").await?, Entry::Conflict);
    shop.store.release(&lease).await?;
    assert_eq!(pay("1").await?, Entry::First);
    // It leads again, alone.
    assert_eq!(pay("2").await?, Entry::Conflict);
    assert_eq!(shop.store.conflicts("shop", None, 10).await?.len(), 1);
    let (owner, fence): (Vec<u8>, i64) =
        sqlx::query_as("SELECT owner, fence FROM meets WHERE lead")
            .fetch_one(shop.store.pool())
            .await?;
    assert_ne!(owner, lease.owner().as_bytes());
    assert_eq!(fence, 2);
    let stale = shop.store.complete(&lease).await.err();
    assert_eq!(
        stale.map(|error| error.kind()),
        Some(StoreErrorKind::StaleLease)
    );
    Ok(())
}

#[tokio::test]
async fn purge_waits_for_nobody() -> TestResult {
    let Some(shop) = Shop::open("purges").await? else {
        return Ok(());
    };
    for invoice in ["A", "B"] {
        let Claim::Acquired(lease) = shop.store.claim(&report(invoice, "1"), LEASE).await? else {
            panic!("free");
        };
        shop.store.complete(&lease).await?;
    }
    let mut open = shop.store.begin().await?;
    sqlx::query("SELECT FROM purges WHERE invoice_id = 'A' FOR UPDATE")
        .execute(&mut *open)
        .await?;
    let purge = shop.store.purge("shop", Duration::ZERO, 10);
    let purged = tokio::time::timeout(LIMIT, purge).await??;
    assert_eq!(purged, 1);
    Ok(())
}

#[tokio::test]
async fn release_waits_for_nobody() -> TestResult {
    let Some(shop) = Shop::open("releases").await? else {
        return Ok(());
    };
    let store = &shop.store;
    // One that crashed, and is free since an operator has accepted another.
    let crashed = store.claim(&report("A", "1"), Duration::ZERO).await?;
    assert!(matches!(crashed, Claim::Acquired(_)));
    let later = report("A", "2");
    assert_eq!(store.claim(&later, LEASE).await?, Claim::Conflict);
    let Claim::Acquired(lease) = store.accept(&(&later).into(), LEASE).await? else {
        panic!("settled");
    };
    let mut open = store.begin().await?;
    sqlx::query("SELECT FROM releases WHERE state = 0 FOR UPDATE")
        .execute(&mut *open)
        .await?;
    tokio::time::timeout(LIMIT, store.release(&lease)).await??;
    Ok(())
}

/// What somebody has kept, and an operator refused, before this one comes to keep it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn kept_by_another_meanwhile_stays_as_it_is() -> TestResult {
    let Some(shop) = Shop::open("keeps").await? else {
        return Ok(());
    };
    let store = &shop.store;
    assert!(matches!(
        store.claim(&report("A", "1"), LEASE).await?,
        Claim::Acquired(_)
    ));
    let mut open = store.begin().await?;
    let entry = store.claim_in(&mut open, &report("A", "2")).await?;
    assert_eq!(entry, Entry::Conflict);
    sqlx::query("UPDATE keeps SET state = 4 WHERE state = 3")
        .execute(&mut *open)
        .await?;
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.claim(&report("A", "2"), LEASE).await }
    });
    shop.until_waiting("INSERT INTO", 1).await?;
    open.commit().await?;
    assert_eq!(waiting.await??, Claim::Conflict);
    assert_eq!(store.conflicts("shop", None, 10).await?, []);
    Ok(())
}

#[tokio::test]
async fn ages_from_the_last_change() -> TestResult {
    let Some(shop) = Shop::open("ages").await? else {
        return Ok(());
    };
    let claim_in = async |invoice: &str| {
        let mut transaction = shop.store.begin().await?;
        let report = report(invoice, "1");
        let entry = shop.store.claim_in(&mut transaction, &report).await?;
        assert_eq!(entry, Entry::First);
        Ok(transaction.commit().await?)
    };
    ages::from_the_last_change(
        &shop.store,
        async |like: &str| grow_old(&shop, like).await,
        claim_in,
    )
    .await
}

#[tokio::test]
async fn purges_the_oldest_first() -> TestResult {
    let Some(shop) = Shop::open("oldest").await? else {
        return Ok(());
    };
    ages::oldest_first(&shop.store, async |like: &str| grow_old(&shop, like).await).await
}

async fn grow_old(shop: &Shop, invoice: &str) -> TestResult {
    let text = format!(
        "UPDATE {} SET changed_at = changed_at - interval '2 hours' WHERE invoice_id LIKE $1",
        shop.table
    );
    sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(invoice)
        .execute(shop.store.pool())
        .await?;
    Ok(())
}

/// Long enough for a slow machine; whoever waits for a transaction waits for ever.
const LIMIT: Duration = Duration::from_secs(60);
