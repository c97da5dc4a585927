//! Many copies at once, over several connections.

mod common;

use std::time::Duration;

use cryptocloud_postback_inbox::{ClaimQuery, InboxStore, Receipt, Settled, Start, State};
use tokio::task::JoinSet;

use common::{Counter, HANG, LEASE, TestResult, attempt, report, start, store};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn copies_have_one_effect() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    // A store has one connection.
    let stores = [store(&server.url()).await?, store(&server.url()).await?];
    let counter = Counter::default();
    let mut copies = JoinSet::new();
    for number in 0..64 {
        let (store, counter) = (stores[number % 2].clone(), counter.clone());
        copies.spawn(async move {
            let receipt = store
                .receive(&report("shop", "A", "1"), Start::Claimed(LEASE))
                .await;
            match receipt.unwrap_or_else(|error| panic!("{error}")) {
                Receipt::Claimed(claim) => {
                    let settled = attempt(&store, &counter, &claim).await;
                    assert!(matches!(settled, Settled::Done), "{settled:?}");
                    1
                }
                Receipt::Stored { .. } => 0,
            }
        });
    }
    let claims: i32 = copies.join_all().await.into_iter().sum();
    assert_eq!((claims, counter.effects()), (1, 1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_share() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let stores = [store(&server.url()).await?, store(&server.url()).await?];
    for number in 0..200 {
        let invoice = format!("I{number}");
        let receipt = stores[0]
            .receive(&report("shop", &invoice, "1"), Start::Stored)
            .await?;
        assert!(matches!(
            receipt,
            Receipt::Stored {
                is_new: true,
                state: State::Received,
                ..
            }
        ));
    }
    let counter = Counter::default();
    let mut workers = JoinSet::new();
    for store in stores.iter().cycle().take(8) {
        let (store, counter) = (store.clone(), counter.clone());
        workers.spawn(async move {
            let query = ClaimQuery {
                limit: 3,
                lease: LEASE,
                retry_span: HANG,
            };
            loop {
                let claimed = store.claim("shop", query).await;
                let claims = claimed.unwrap_or_else(|error| panic!("{error}")).claims;
                if claims.is_empty() {
                    return;
                }
                for claim in claims {
                    let settled = attempt(&store, &counter, &claim).await;
                    assert!(matches!(settled, Settled::Done), "{settled:?}");
                }
            }
        });
    }
    tokio::time::timeout(HANG, workers.join_all()).await?;
    assert_eq!(counter.effects(), 200);
    assert_eq!(stores[1].counts("shop").await?, Default::default());
    assert_eq!(stores[1].oldest_unfinished("shop").await?, None::<Duration>);
    Ok(())
}
