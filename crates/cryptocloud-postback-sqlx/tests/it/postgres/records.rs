//! What becomes of records, and whoever else is at them.

use std::{sync::Arc, time::Duration};

use cryptocloud_postback_inbox::{Claim, InboxStore, Report, StoreError, StoreErrorKind};
use cryptocloud_postback_sqlx::{Entry, PostgresStore, sqlx};
use tokio::{sync::Barrier, task::JoinSet};

use super::{LEASE, Shop};
use crate::{TestResult, ages, report};

#[tokio::test]
async fn claim_in_meets_a_handler() -> TestResult {
    let Some(shop) = Shop::open("meets").await? else {
        return Ok(());
    };
    let pay = async |amount| shop.pay(amount, true).await.map_err(|e| e.to_string());
    let Claim::Acquired(lease) = shop.store.claim(&report("A", "1"), LEASE).await? else {
        panic!("free");
    };
    match pay("1").await? {
        Entry::InFlight { retry_after } => assert!(retry_after > LEASE / 2),
        entry => panic!("{entry:?}"),
    }
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
    let first = store.claim(&report("A", "1"), LEASE).await?;
    assert!(matches!(first, Claim::Acquired(_)));
    let mut open = store.begin().await?;
    sqlx::query("SELECT FROM keeps FOR UPDATE")
        .execute(&mut *open)
        .await?;
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.claim(&report("A", "2"), LEASE).await }
    });
    // It has seen that nobody has kept it.
    shop.until_waiting("SELECT%FROM", 1).await?;
    let entry = store.claim_in(&mut open, &report("A", "2")).await?;
    assert_eq!(entry, Entry::Conflict);
    sqlx::query("UPDATE keeps SET state = 4 WHERE state = 3")
        .execute(&mut *open)
        .await?;
    open.commit().await?;
    assert_eq!(waiting.await??, Claim::Conflict);
    assert_eq!(store.conflicts("shop", None, 10).await?, []);
    Ok(())
}

/// A lease begins when it is granted, not when somebody began to wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn waiting_takes_nothing_of_a_lease() -> TestResult {
    let Some(shop) = Shop::open("clock").await? else {
        return Ok(());
    };
    let store = &shop.store;
    let first = store.claim(&report("A", "1"), Duration::ZERO).await?;
    assert!(matches!(first, Claim::Acquired(_)));
    let mut open = store.begin().await?;
    sqlx::query("SELECT FROM clock FOR UPDATE")
        .execute(&mut *open)
        .await?;
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.claim(&report("A", "1"), LEASE).await }
    });
    shop.until_waiting("SELECT%FROM", 1).await?;
    sqlx::query("CREATE TABLE clock_times AS SELECT clock_timestamp() AS waited")
        .execute(&mut *open)
        .await?;
    open.commit().await?;
    assert!(matches!(waiting.await??, Claim::Acquired(_)));
    let (is_whole,): (bool,) = sqlx::query_as(
        "SELECT lease_until >= waited + interval '1 hour' AND changed_at >= waited \
         FROM clock, clock_times",
    )
    .fetch_one(store.pool())
    .await?;
    assert!(is_whole);
    Ok(())
}

/// A lease can run out while a transaction is open.
#[tokio::test]
async fn transaction_sees_a_lease_run_out() -> TestResult {
    let Some(shop) = Shop::open("runs_out").await? else {
        return Ok(());
    };
    let mut open = shop.store.begin().await?;
    let lease = Duration::from_millis(1);
    let crashed = shop.store.claim(&report("A", "1"), lease).await?;
    assert!(matches!(crashed, Claim::Acquired(_)));
    let took_over = tokio::time::timeout(LIMIT, async {
        loop {
            match shop.store.claim_in(&mut open, &report("A", "1")).await? {
                Entry::InFlight { .. } => {}
                entry => return Ok::<_, StoreError>(entry),
            }
        }
    });
    assert_eq!(took_over.await??, Entry::First);
    Ok(())
}

/// In one order, whatever their order in the table is, so that no two workers wait for each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn records_are_locked_in_order() -> TestResult {
    let Some(shop) = Shop::open("in_order").await? else {
        return Ok(());
    };
    let store = shop.unindexed();
    let (lesser, greater) = crashed_beside_kept(&store).await?;
    let mut open = store.begin().await?;
    sqlx::query("SELECT FROM in_order WHERE fingerprint = $1 FOR UPDATE")
        .bind(greater.fingerprint().as_bytes().as_slice())
        .execute(&mut *open)
        .await?;
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.claim(&greater, LEASE).await }
    });
    shop.until_waiting("SELECT%FROM", 1).await?;
    let locked = sqlx::query("SELECT FROM in_order WHERE fingerprint = $1 FOR UPDATE NOWAIT")
        .bind(lesser.fingerprint().as_bytes().as_slice())
        .execute(&mut *open)
        .await;
    assert!(locked.is_err());
    open.rollback().await?;
    assert!(matches!(waiting.await??, Claim::Acquired(_)));
    Ok(())
}

/// Somebody else has the first one processed between two statements of this one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lost_lead_is_a_conflict() -> TestResult {
    let Some(shop) = Shop::open("lost").await? else {
        return Ok(());
    };
    let store = &shop.store;
    let Claim::Acquired(lease) = store.claim(&report("A", "1"), LEASE).await? else {
        panic!("free");
    };
    store.release(&lease).await?;
    let mut open = store.begin().await?;
    sqlx::query("SELECT FROM lost FOR UPDATE")
        .execute(&mut *open)
        .await?;
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.claim(&report("A", "1"), LEASE).await }
    });
    shop.until_waiting("SELECT%FROM", 1).await?;
    let entry = store.claim_in(&mut open, &report("A", "2")).await?;
    assert_eq!(entry, Entry::First);
    open.commit().await?;
    assert_eq!(waiting.await??, Claim::Conflict);
    Ok(())
}

/// Somebody else locks the records in another order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lost_deadlock_is_tried_again() -> TestResult {
    let Some(shop) = Shop::open("deadlock").await? else {
        return Ok(());
    };
    let (lesser, greater) = crashed_beside_kept(&shop.store).await?;
    let mut open = shop.store.begin().await?;
    // So that it is the other one who finds out.
    sqlx::query("SET LOCAL deadlock_timeout = '1h'")
        .execute(&mut *open)
        .await?;
    let lock = "SELECT FROM deadlock WHERE fingerprint = $1 FOR UPDATE";
    sqlx::query(lock)
        .bind(greater.fingerprint().as_bytes().as_slice())
        .execute(&mut *open)
        .await?;
    let waiting = tokio::spawn({
        let store = shop.store.clone();
        async move { store.claim(&greater, LEASE).await }
    });
    shop.until_waiting("SELECT%FROM", 1).await?;
    sqlx::query(lock)
        .bind(lesser.fingerprint().as_bytes().as_slice())
        .execute(&mut *open)
        .await?;
    open.commit().await?;
    assert!(matches!(waiting.await??, Claim::Acquired(_)));
    Ok(())
}

/// To try again would not help: each keeps what the other one waits for until it is rolled back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transactions_in_a_circle_end() -> TestResult {
    let Some(shop) = Shop::open("circle").await? else {
        return Ok(());
    };
    let store = &shop.store;
    for invoice in ["A", "B"] {
        let Claim::Acquired(lease) = store.claim(&report(invoice, "1"), LEASE).await? else {
            panic!("free");
        };
        store.complete(&lease).await?;
    }
    let both = Arc::new(Barrier::new(2));
    let mut tasks = JoinSet::new();
    for invoices in [["A", "B"], ["B", "A"]] {
        let (store, both) = (store.clone(), Arc::clone(&both));
        tasks.spawn(async move {
            let mut transaction = store.begin().await?;
            let [first, second] = invoices.map(|invoice| report(invoice, "1"));
            let entry = store.claim_in(&mut transaction, &first).await?;
            assert_eq!(entry, Entry::Done);
            both.wait().await;
            let entry = store.claim_in(&mut transaction, &second).await?;
            assert_eq!(entry, Entry::Done);
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(transaction.commit().await?)
        });
    }
    let ended = tokio::time::timeout(LIMIT, tasks.join_all()).await?;
    assert_eq!(ended.iter().filter(|ended| ended.is_ok()).count(), 1);
    Ok(())
}

#[tokio::test]
async fn fences_of_a_key_grow_in_transactions_too() -> TestResult {
    let Some(shop) = Shop::open("fences").await? else {
        return Ok(());
    };
    let Claim::Acquired(lease) = shop.store.claim(&report("A", "1"), LEASE).await? else {
        panic!("free");
    };
    shop.store.release(&lease).await?;
    let mut open = shop.store.begin().await?;
    for (invoice, amount) in [("A", "2"), ("B", "1")] {
        let report = report(invoice, amount);
        let entry = shop.store.claim_in(&mut open, &report).await?;
        assert_eq!(entry, Entry::First);
    }
    open.commit().await?;
    let fences: Vec<(i64,)> =
        sqlx::query_as("SELECT fence FROM fences WHERE state = 2 ORDER BY invoice_id")
            .fetch_all(shop.store.pool())
            .await?;
    assert_eq!(fences, [(2,), (1,)]);
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
    ages::oldest_first(&shop.unindexed(), async |like: &str| {
        grow_old(&shop, like).await
    })
    .await
}

/// Two reports of an invoice in the order of their fingerprints, but not of the table.
async fn crashed_beside_kept(store: &PostgresStore) -> Result<(Report, Report), StoreError> {
    let mut reports = ["1", "2"].map(|amount| report("A", amount));
    reports.sort_by_key(|report| *report.fingerprint());
    let [lesser, greater] = reports;
    let crashed = store.claim(&greater, Duration::ZERO).await?;
    assert!(matches!(crashed, Claim::Acquired(_)));
    assert_eq!(store.claim(&lesser, LEASE).await?, Claim::Conflict);
    Ok((lesser, greater))
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
