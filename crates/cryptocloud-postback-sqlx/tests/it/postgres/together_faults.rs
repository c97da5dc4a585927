//! What goes wrong for one of those that share a statement.

use std::time::Duration;

use cryptocloud_postback_inbox::{Claim, InboxStore, Lease, StoreErrorKind};
use cryptocloud_postback_sqlx::{
    PostgresStore,
    sqlx::{self, Executor, postgres::PgPoolOptions},
};
use tokio::{task::JoinSet, time};

use super::{
    LEASE, Shop,
    together::{claim, complete, sorted, with_bad_ones},
};
use crate::{TestResult, report};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_bad_claim_fails_no_other() -> TestResult {
    let Some(shop) = Shop::open("bad").await? else {
        return Ok(());
    };
    shop.store
        .pool()
        .execute(
            "CREATE TABLE bad_parents (id integer PRIMARY KEY);
             CREATE TABLE bad_children (
                 parent integer REFERENCES bad_parents (id) DEFERRABLE INITIALLY DEFERRED
             );
             CREATE FUNCTION bad_late() RETURNS trigger LANGUAGE plpgsql
             AS $$ BEGIN INSERT INTO bad_children VALUES (1); RETURN NEW; END $$;
             CREATE TRIGGER late AFTER INSERT OR UPDATE ON bad
             FOR EACH ROW WHEN (NEW.invoice_id = 'LATE') EXECUTE FUNCTION bad_late();
             CREATE FUNCTION bad_early() RETURNS trigger LANGUAGE plpgsql
             AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
             CREATE TRIGGER early BEFORE INSERT OR UPDATE ON bad
             FOR EACH ROW WHEN (NEW.invoice_id = 'EARLY') EXECUTE FUNCTION bad_early();",
        )
        .await?;
    let store = shop.store.clone().max_batch(64);
    let (leases, failed) = sorted(claim(&store, with_bad_ones()).await);
    assert_eq!(failed, ["EARLY", "LATE"]);
    assert_eq!(leases.len(), 62);
    assert_eq!(complete(&store, &leases).await, []);
    let (done,): (i64,) = sqlx::query_as("SELECT count(*) FROM bad WHERE state = 2 AND lead")
        .fetch_one(store.pool())
        .await?;
    assert_eq!(done, 62);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_bad_completion_fails_no_other() -> TestResult {
    let Some(shop) = Shop::open("worse").await? else {
        return Ok(());
    };
    let store = shop.store.clone().max_batch(64);
    let (mut leases, failed) = sorted(claim(&store, with_bad_ones()).await);
    assert_eq!(failed, [""; 0]);
    shop.store
        .pool()
        .execute(
            "CREATE FUNCTION worse_no() RETURNS trigger LANGUAGE plpgsql
             AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
             CREATE TRIGGER fails BEFORE UPDATE ON worse
             FOR EACH ROW WHEN (NEW.invoice_id = 'EARLY') EXECUTE FUNCTION worse_no();",
        )
        .await?;
    let stale = leases.swap_remove(7);
    assert_ne!(stale.id(), &(&report("EARLY", "1")).into());
    store.release(&stale).await?;
    leases.push(stale.clone());
    // The answer to some of them got lost.
    leases.extend_from_within(..10);
    let failed = complete(&store, &leases).await;
    assert!(!failed.is_empty());
    for (lease, kind) in failed {
        let expected = match lease == stale {
            true => StoreErrorKind::StaleLease,
            false => StoreErrorKind::Unavailable,
        };
        assert_eq!(kind, expected);
        assert!(lease == stale || lease.id() == &(&report("EARLY", "1")).into());
    }
    let (done,): (i64,) = sqlx::query_as("SELECT count(*) FROM worse WHERE state = 2")
        .fetch_one(store.pool())
        .await?;
    assert_eq!(done, 62);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cut_connection_leaves_nothing_stuck() -> TestResult {
    let Some(shop) = Shop::open("cuts").await? else {
        return Ok(());
    };
    shop.store
        .pool()
        .execute(
            "CREATE FUNCTION cuts_cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 PERFORM pg_terminate_backend(pg_backend_pid());
                 PERFORM pg_sleep(60);
                 RETURN NEW;
             END $$;
             CREATE TRIGGER cut BEFORE INSERT ON cuts
             FOR EACH ROW WHEN (NEW.invoice_id = 'LATE') EXECUTE FUNCTION cuts_cut();",
        )
        .await?;
    let store = shop.store.clone().max_batch(64);
    for claims in [with_bad_ones(), vec![report("LATE", "1")]] {
        for (report, claim) in claim(&store, claims).await {
            match claim {
                Ok(Claim::Acquired(_)) => assert_ne!(report.key().invoice_id(), "LATE"),
                Err(error) => assert_eq!(error.kind(), StoreErrorKind::Unavailable),
                Ok(claim) => panic!("{claim:?}"),
            }
        }
    }
    shop.store
        .pool()
        .execute("DROP TRIGGER cut ON cuts")
        .await?;
    let (leases, failed) = sorted(claim(&store, vec![report("LATE", "1"), report("B", "1")]).await);
    assert_eq!(failed, [""; 0]);
    assert_eq!(complete(&store, &leases).await, []);
    Ok(())
}

/// What transactions of a merchant keep waiting waits alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_waits_does_not_stop_the_others() -> TestResult {
    let Some(shop) = Shop::open("stops").await? else {
        return Ok(());
    };
    // With as few slots, the first three take them all.
    let pool = PgPoolOptions::new().max_connections(3);
    let pool = pool.connect_lazy_with(shop.options.clone());
    let store = PostgresStore::with_table(pool, &shop.table);
    let (mut first, mut second) = (shop.store.begin().await?, shop.store.begin().await?);
    for invoice in ["HELD0", "HELD1", "HELD2"] {
        let entry = store.claim_in(&mut first, &report(invoice, "1")).await?;
        assert!(entry.is_first());
    }
    let entry = store.claim_in(&mut second, &report("HELD3", "1")).await?;
    assert!(entry.is_first());
    let claim = |invoice: String| {
        let store = store.clone();
        async move { store.claim(&report(&invoice, "1"), LEASE).await }
    };
    let mut held = JoinSet::new();
    for number in 0..3 {
        held.spawn(claim(format!("HELD{number}")));
    }
    shop.until_waiting("INSERT INTO", 3).await?;
    held.spawn(claim("HELD3".to_owned()));
    let mut claims = JoinSet::new();
    for number in 0..32 {
        claims.spawn(claim(format!("ID{number}")));
    }
    tokio::task::yield_now().await;
    first.commit().await?;
    let mut leases = Vec::new();
    let mut next = async || time::timeout(LIMIT, claims.join_next()).await;
    while let Some(claim) = next().await? {
        match claim?? {
            Claim::Acquired(lease) => leases.push(lease),
            claim => panic!("{claim:?}"),
        }
    }
    assert_eq!(leases.len(), 32);
    second.commit().await?;
    for claim in held.join_all().await {
        assert_eq!(claim?, Claim::Done);
    }

    // The same of completions.
    let (mut third, mut fourth) = (shop.store.begin().await?, shop.store.begin().await?);
    for (transaction, held) in [(&mut third, &leases[..3]), (&mut fourth, &leases[3..4])] {
        let owners: Vec<&[u8]> = held
            .iter()
            .map(|lease| lease.owner().as_bytes().as_slice())
            .collect();
        sqlx::query("SELECT FROM stops WHERE owner = ANY($1) FOR UPDATE")
            .bind(owners)
            .execute(&mut **transaction)
            .await?;
    }
    let complete_all = |leases: Vec<Lease>| {
        let store = store.clone();
        tokio::spawn(async move { complete(&store, &leases).await })
    };
    let rest = leases.split_off(4);
    let last = leases.split_off(3);
    let first_ones = complete_all(leases);
    shop.until_waiting("UPDATE", 3).await?;
    let last = complete_all(last);
    let rest = complete_all(rest);
    tokio::task::yield_now().await;
    third.commit().await?;
    assert_eq!(time::timeout(LIMIT, rest).await??, []);
    assert_eq!(first_ones.await?, []);
    assert!(!last.is_finished());
    fourth.commit().await?;
    assert_eq!(last.await?, []);
    Ok(())
}

/// Long enough for a slow machine; whoever waits for a transaction waits for ever.
const LIMIT: Duration = Duration::from_secs(60);
