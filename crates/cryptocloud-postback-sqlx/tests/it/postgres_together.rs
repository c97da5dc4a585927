//! Many claims in one statement.

use std::{sync::Arc, time::Duration};

use cryptocloud_postback_inbox::{
    Claim, ClaimId, InboxStore, Lease, Owner, Report, StoreError, StoreErrorKind,
    contract::{self, Fixture},
};
use cryptocloud_postback_sqlx::{
    PostgresStore,
    sqlx::{self, Executor, postgres::PgPoolOptions},
};
use tokio::{sync::Barrier, task::JoinSet, time};

use crate::{
    TestResult,
    postgres::{LEASE, Shop},
    report,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract() -> TestResult {
    let Some(shop) = Shop::open("batches").await? else {
        return Ok(());
    };
    for count in [1, 2, 64] {
        let store = shop.store.clone().max_batch(count);
        contract::verify(async || Fixture::new(store.clone())).await;
    }
    Ok(())
}

/// Claims all of them at once, some of them in one statement.
async fn claim(
    store: &PostgresStore,
    reports: Vec<Report>,
) -> Vec<(Report, Result<Claim, StoreError>)> {
    let barrier = Arc::new(Barrier::new(reports.len()));
    let mut claims = JoinSet::new();
    for report in reports {
        let (store, barrier) = (store.clone(), Arc::clone(&barrier));
        claims.spawn(async move {
            barrier.wait().await;
            let claim = store.claim(&report, LEASE).await;
            (report, claim)
        });
    }
    claims.join_all().await
}

/// Completes all of them at once, and says of which it failed.
async fn complete(store: &PostgresStore, leases: &[Lease]) -> Vec<(Lease, StoreErrorKind)> {
    let barrier = Arc::new(Barrier::new(leases.len()));
    let mut completions = JoinSet::new();
    for lease in leases.iter().cloned() {
        let (store, barrier) = (store.clone(), Arc::clone(&barrier));
        completions.spawn(async move {
            barrier.wait().await;
            let error = store.complete(&lease).await.err()?;
            Some((lease, error.kind()))
        });
    }
    completions.join_all().await.into_iter().flatten().collect()
}

/// Sorts claims into leases and the invoices that failed.
fn sorted(claims: Vec<(Report, Result<Claim, StoreError>)>) -> (Vec<Lease>, Vec<String>) {
    let (mut leases, mut failed) = (Vec::new(), Vec::new());
    for (report, claim) in claims {
        match claim {
            Ok(Claim::Acquired(lease)) => leases.push(lease),
            _ => failed.push(report.key().invoice_id().to_owned()),
        }
    }
    failed.sort();
    (leases, failed)
}

fn with_bad_ones() -> Vec<Report> {
    let mut invoices: Vec<String> = (0..62).map(|number| format!("ID{number}")).collect();
    invoices.insert(20, "EARLY".to_owned());
    invoices.insert(40, "LATE".to_owned());
    invoices
        .iter()
        .map(|invoice| report(invoice, "1"))
        .collect()
}

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
async fn stale_ones_are_refused_among_others() -> TestResult {
    let Some(shop) = Shop::open("stale").await? else {
        return Ok(());
    };
    let store = shop.store.clone().max_batch(64);
    let (leases, _) = sorted(claim(&store, with_bad_ones()).await);
    // Released, so that owner and fencing number are still there.
    for lease in &leases[32..] {
        store.release(lease).await?;
    }
    let failed = complete(&store, &leases).await;
    assert_eq!(failed.len(), 32);
    for (lease, kind) in failed {
        assert!(leases[32..].contains(&lease));
        assert_eq!(kind, StoreErrorKind::StaleLease);
    }
    Ok(())
}

/// Each has one part of a lease wrong.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn wrong_ones_complete_nothing_together() -> TestResult {
    let Some(shop) = Shop::open("wrong").await? else {
        return Ok(());
    };
    let store = shop.store.clone().max_batch(64);
    let (leases, _) = sorted(claim(&store, with_bad_ones()).await);
    let other = ClaimId::from(&report("OTHER", "2"));
    let wrong = leases.iter().enumerate().map(|(number, lease)| {
        let (id, owner, fence) = (*lease.id(), *lease.owner(), lease.fence());
        match number % 4 {
            0 => Lease::new(ClaimId::new(*id.key(), *other.fingerprint()), owner, fence),
            1 => Lease::new(ClaimId::new(*other.key(), *id.fingerprint()), owner, fence),
            2 => Lease::new(id, Owner::unique(), fence),
            _ => Lease::new(id, owner, fence + 1),
        }
    });
    let wrong: Vec<Lease> = wrong.collect();
    assert_eq!(complete(&store, &wrong).await.len(), wrong.len());
    for lease in &leases {
        store.release(lease).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn written_together_as_alone() -> TestResult {
    let Some(shop) = Shop::open("alike").await? else {
        return Ok(());
    };
    let pool = PgPoolOptions::new().max_connections(2);
    let pool = pool.connect_lazy_with(shop.options.clone());
    let store = PostgresStore::with_table(pool, &shop.table);
    let reports = |amount| (0..64).map(move |number| report(&format!("ID{number}"), amount));
    let (leases, _) = sorted(claim(&store, reports("1").collect()).await);
    for lease in &leases {
        store.release(lease).await?;
    }
    let (leases, _) = sorted(claim(&store, reports("2").collect()).await);
    assert_eq!(leases.len(), 64);
    // They count on from the others of their invoices.
    assert!(leases.iter().all(|lease| lease.fence() == 2));
    store
        .pool()
        .execute("UPDATE alike SET changed_at = changed_at - interval '2 hours' WHERE state = 1")
        .await?;
    assert_eq!(complete(&store, &leases).await, []);
    assert_eq!(store.purge("shop", LEASE, 100).await?, 0);
    // Whoever is alone waits for as long as it takes.
    let mut connections = [store.pool().acquire().await?, store.pool().acquire().await?];
    for connection in &mut connections {
        let (limit,): (String,) = sqlx::query_as("SELECT current_setting('lock_timeout')")
            .fetch_one(&mut **connection)
            .await?;
        assert_eq!(limit, "0");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_each_key_wins() -> TestResult {
    let Some(shop) = Shop::open("keys").await? else {
        return Ok(());
    };
    let store = shop.store.clone().max_batch(64);
    // Each invoice four times: the same report twice, and two others.
    let invoices = (0..64).map(|number| format!("ID{number}"));
    let reports =
        invoices.flat_map(|invoice| ["1", "1", "2", "3"].map(|amount| report(&invoice, amount)));
    let claims = claim(&store, reports.collect()).await;
    let is_won = |claim: &Result<Claim, StoreError>| matches!(claim, Ok(Claim::Acquired(_)));
    for number in 0..64 {
        let invoice = format!("ID{number}");
        let is_of = |report: &Report| report.key().invoice_id() == invoice;
        let of: Vec<_> = claims.iter().filter(|(report, _)| is_of(report)).collect();
        let won: Vec<_> = of.iter().filter(|(_, claim)| is_won(claim)).collect();
        let [(winner, _)] = won.as_slice() else {
            panic!("{of:?}");
        };
        for (report, claim) in &of {
            match claim {
                Ok(Claim::Acquired(_) | Claim::InFlight { .. }) => assert_eq!(report, winner),
                Ok(Claim::Conflict) => assert_ne!(report, winner),
                claim => panic!("{claim:?}"),
            }
        }
    }
    assert_eq!(complete(&store, &sorted(claims).0).await, []);
    Ok(())
}

/// Eight processes claim the same in different orders, and complete all of it twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn batches_in_any_order_get_on() -> TestResult {
    let Some(shop) = Shop::open("circles").await? else {
        return Ok(());
    };
    let mut racers = JoinSet::new();
    for number in 0..8 {
        // As of another process: with tasks of its own.
        let store = shop.store.clone().max_batch(64);
        racers.spawn(async move {
            for round in 0..8 {
                let mut reports: Vec<Report> = (0..32)
                    .map(|invoice| report(&format!("{round}-{invoice}"), "1"))
                    .collect();
                reports.rotate_left(number * 4);
                if number % 2 == 0 {
                    reports.reverse();
                }
                let (leases, _) = sorted(claim(&store, reports).await);
                let twice = [leases.clone(), leases].concat();
                assert_eq!(complete(&store, &twice).await, []);
            }
        });
    }
    racers.join_all().await;
    let (done,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM circles WHERE state = 2 AND fence = 1")
            .fetch_one(shop.store.pool())
            .await?;
    assert_eq!(done, 8 * 32);
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
