//! Many claims in one statement.

use std::sync::Arc;

use cryptocloud_postback_inbox::{
    Claim, ClaimId, InboxStore, Lease, Owner, Report, StoreError, StoreErrorKind,
    contract::{self, Fixture},
};
use cryptocloud_postback_sqlx::{
    PostgresStore,
    sqlx::{self, Executor, postgres::PgPoolOptions},
};
use tokio::{sync::Barrier, task::JoinSet};

use super::{LEASE, Shop};
use crate::{TestResult, report};

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
pub(super) async fn claim(
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
pub(super) async fn complete(
    store: &PostgresStore,
    leases: &[Lease],
) -> Vec<(Lease, StoreErrorKind)> {
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
pub(super) fn sorted(
    claims: Vec<(Report, Result<Claim, StoreError>)>,
) -> (Vec<Lease>, Vec<String>) {
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

pub(super) fn with_bad_ones() -> Vec<Report> {
    let mut invoices: Vec<String> = (0..62).map(|number| format!("ID{number}")).collect();
    invoices.insert(20, "EARLY".to_owned());
    invoices.insert(40, "LATE".to_owned());
    invoices
        .iter()
        .map(|invoice| report(invoice, "1"))
        .collect()
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
