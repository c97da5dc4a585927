//! Claims, and transactions of the merchant's own.

use std::{future::poll_fn, pin::pin, str::FromStr, sync::Arc, task::Poll};

use cryptocloud_postback_inbox::{
    Claim, InboxStore, StoreErrorKind,
    contract::{self, Fixture},
};
use cryptocloud_postback_sqlx::{
    Entry, PostgresStore,
    sqlx::{
        self, Executor, PgPool,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};
use throw_away_servers::PostgresServer;
use tokio::task::JoinSet;

use super::{LEASE, Shop};
use crate::{TestResult, report};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract() -> TestResult {
    let Some(shop) = Shop::open("contract").await? else {
        return Ok(());
    };
    contract::verify(async || Fixture::new(shop.store.clone())).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract_where_everything_is_serializable() -> TestResult {
    let Some(shop) = Shop::open("serializable").await? else {
        return Ok(());
    };
    let pool = PgPoolOptions::new()
        .max_connections(16)
        .connect_with(shop.serializable())
        .await?;
    let store = PostgresStore::with_table(pool, &shop.table);
    contract::verify(async || Fixture::new(store.clone())).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract_where_no_index_is_read() -> TestResult {
    let Some(shop) = Shop::open("unindexed").await? else {
        return Ok(());
    };
    let store = shop.unindexed();
    contract::verify(async || Fixture::new(store.clone())).await;
    Ok(())
}

#[tokio::test]
async fn claim_and_write_commit_together() -> TestResult {
    let Some(shop) = Shop::open("together").await? else {
        return Ok(());
    };
    let pay = async |amount, commits| shop.pay(amount, commits).await.map_err(|e| e.to_string());
    assert_eq!(pay("1", false).await?, Entry::First);
    assert_eq!(shop.credits().await?, 0);
    assert_eq!(pay("1", true).await?, Entry::First);
    assert_eq!(pay("1", true).await?, Entry::Done);
    assert_eq!(
        shop.store.claim(&report("A", "1"), LEASE).await?,
        Claim::Done
    );
    assert_eq!(pay("2", true).await?, Entry::Conflict);
    assert_eq!(shop.credits().await?, 1);
    assert_eq!(shop.store.conflicts("shop", None, 10).await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_transactions_credit_once() -> TestResult {
    let Some(shop) = Shop::open("many").await? else {
        return Ok(());
    };
    let shop = Arc::new(shop);
    let mut tasks = JoinSet::new();
    for number in 0..64 {
        let shop = Arc::clone(&shop);
        // Every fourth one ends without a commit.
        tasks.spawn(async move { shop.pay("1", number % 4 != 0).await });
    }
    for result in tasks.join_all().await {
        let entry = result.map_err(|error| error.to_string())?;
        assert!(matches!(entry, Entry::Done | Entry::First), "{entry:?}");
    }
    assert_eq!(shop.credits().await?, 1);
    Ok(())
}

/// Claims that wait for each other's commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claim_waits_for_an_open_transaction() -> TestResult {
    let Some(shop) = Shop::open("waits").await? else {
        return Ok(());
    };
    let mut open = shop.store.pool().begin().await?;
    let first = shop.store.claim_in(&mut open, &report("A", "1")).await?;
    assert_eq!(first, Entry::First);
    let waiting = tokio::spawn({
        let store = shop.store.clone();
        async move { store.claim(&report("A", "1"), LEASE).await }
    });
    shop.until_waiting("INSERT INTO", 1).await?;
    assert!(!waiting.is_finished());
    open.commit().await?;
    assert_eq!(waiting.await??, Claim::Done);
    Ok(())
}

/// A commit can fail although its statement went well.
#[tokio::test]
async fn failed_commit_is_no_claim() -> TestResult {
    let Some(shop) = Shop::open("commit").await? else {
        return Ok(());
    };
    shop.store
        .pool()
        .execute(
            "CREATE TABLE parents (id integer PRIMARY KEY);
             CREATE TABLE children (
                 parent integer REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED
             );
             CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql
             AS $$ BEGIN INSERT INTO children VALUES (1); RETURN NEW; END $$;
             CREATE TRIGGER fails AFTER INSERT ON \"commit\"
             FOR EACH ROW EXECUTE FUNCTION fails();",
        )
        .await?;
    let error = shop.store.claim(&report("A", "1"), LEASE).await.err();
    assert_eq!(
        error.map(|error| error.kind()),
        Some(StoreErrorKind::Unavailable)
    );
    assert!(shop.pay("1", true).await.is_err());
    shop.store
        .pool()
        .execute("DROP TRIGGER fails ON \"commit\"")
        .await?;
    let paid = shop
        .pay("1", true)
        .await
        .map_err(|error| error.to_string())?;
    assert_eq!(paid, Entry::First);
    Ok(())
}

/// What somebody changes meanwhile is a failed statement under such an isolation, and no answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_are_tried_again_where_everything_is_serializable() -> TestResult {
    let Some(shop) = Shop::open("tried").await? else {
        return Ok(());
    };
    let pool = PgPool::connect_lazy_with(shop.serializable());
    let store = PostgresStore::with_table(pool, &shop.table);
    let (isolation,): (String,) = sqlx::query_as("SELECT current_setting('transaction_isolation')")
        .fetch_one(&mut *store.begin().await?)
        .await?;
    assert_eq!(isolation, "read committed");
    let Claim::Acquired(lease) = store.claim(&report("A", "1"), LEASE).await? else {
        panic!("free");
    };
    assert_eq!(
        store.claim(&report("A", "2"), LEASE).await?,
        Claim::Conflict
    );
    for name in ["renew", "complete", "discard"] {
        let mut open = shop.store.begin().await?;
        sqlx::query("UPDATE tried SET changed_at = changed_at")
            .execute(&mut *open)
            .await?;
        let change = tokio::spawn({
            let (store, lease) = (store.clone(), lease.clone());
            async move {
                match name {
                    "renew" => store.renew(&lease, LEASE).await,
                    "complete" => store.complete(&lease).await,
                    _ => store.discard(&(&report("A", "2")).into()).await,
                }
            }
        });
        shop.until_waiting("UPDATE", 1).await?;
        open.commit().await?;
        change.await??;
    }
    Ok(())
}

/// Connections break: each fails one claim at most, and the store comes back by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn crashed_server_comes_back() -> TestResult {
    let Some(server) = tokio::task::spawn_blocking(PostgresServer::start).await? else {
        return Ok(());
    };
    let options = PgConnectOptions::from_str(&server.url())?;
    let store = PostgresStore::connect(options).await?;
    let Claim::Acquired(lease) = store.claim(&report("A", "1"), LEASE).await? else {
        panic!("free");
    };
    let server = tokio::task::spawn_blocking(move || server.crash().map(|()| server)).await??;
    let error = store.complete(&lease).await.err();
    assert_eq!(
        error.map(|error| error.kind()),
        Some(StoreErrorKind::Unavailable)
    );
    let server = tokio::task::spawn_blocking(move || server.resume().map(|()| server)).await??;
    while let Err(error) = store.complete(&lease).await {
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
    }
    assert_eq!(store.claim(&report("A", "1"), LEASE).await?, Claim::Done);
    drop(server);
    Ok(())
}

/// sqlx 0.9.0 forgets that it has begun where the caller is dropped meanwhile.
#[tokio::test]
async fn dropped_while_it_begins_leaves_no_transaction_open() -> TestResult {
    let Some(shop) = Shop::open("dropped_begin").await? else {
        return Ok(());
    };
    // One connection, so that whoever comes next gets the one that was begun on.
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect_lazy_with(shop.options.clone());
    let store = PostgresStore::with_table(pool.clone(), &shop.table);
    let credit = format!("INSERT INTO {}_credits VALUES ('1')", shop.table);
    for count in 1..=100 {
        {
            let mut begun = pin!(store.begin());
            // Ever longer, so that some of them are dropped while BEGIN is on its way.
            for _ in 0..count % 20 {
                let polled = poll_fn(|context| Poll::Ready(begun.as_mut().poll(context))).await;
                if polled.is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        sqlx::query(sqlx::AssertSqlSafe(credit.clone()))
            .execute(&pool)
            .await?;
        // Another connection sees only what is committed.
        assert_eq!(shop.credits().await?, count);
    }
    Ok(())
}
