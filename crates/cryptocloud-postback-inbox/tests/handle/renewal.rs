//! Handlers that run longer than their lease, of 60 s.

use std::{convert::Infallible, time::Duration};

use cryptocloud_postback_inbox::{
    InboxError, Outcome,
    StoreErrorKind::{StaleLease, Unavailable},
};
use tokio::{task, time};

use crate::{
    TestResult,
    faulty::{
        Call::Renew,
        Fault::{Before, Hang},
        FaultyStore,
    },
    inbox, memory, postback,
};

async fn slow() -> Result<(), Infallible> {
    time::sleep(Duration::from_secs(600)).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn slow_handler_keeps_its_claim() -> TestResult {
    let store = FaultyStore::new(memory());
    // One renewal may fail or hang.
    store.fail(Renew, &[Before(Unavailable)]);
    let inbox = inbox(&store);
    let first = task::spawn({
        let (inbox, postback) = (inbox.clone(), postback()?);
        async move { inbox.handle(&postback, async |_| slow().await).await }
    });
    for _ in 0..9 {
        time::sleep(Duration::from_secs(61)).await;
        let second = inbox.handle(&postback()?, async |_| slow().await).await;
        assert!(
            matches!(second, Err(InboxError::InFlight { .. })),
            "{second:?}"
        );
    }
    assert_eq!(first.await??, Outcome::Handled(()));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn lost_lease_is_no_success() -> TestResult {
    let store = FaultyStore::new(memory());
    store.fail(Renew, &[Hang; 100]);
    let inbox = inbox(&store);
    let first = task::spawn({
        let (inbox, postback) = (inbox.clone(), postback()?);
        async move { inbox.handle(&postback, async |_| slow().await).await }
    });
    time::sleep(Duration::from_secs(61)).await;
    let quick = inbox
        .handle(&postback()?, async |_| Ok::<_, Infallible>(()))
        .await;
    assert_eq!(quick?, Outcome::Handled(()));
    match first.await? {
        Err(InboxError::Store(error)) => assert_eq!(error.kind(), StaleLease),
        result => panic!("{result:?}"),
    }
    Ok(())
}
