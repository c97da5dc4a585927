//! A store that fails, hangs or panics, and comes back.

use std::time::Duration;

use cryptocloud_postback_inbox::{Inbox, Limits, Mode, State, StoreErrorKind};
use tokio::time::sleep;

use crate::{Clock, Result, Shop, faulty::Fault, record, send};

const DOWN: Fault = Fault::Before(StoreErrorKind::Unavailable);

#[tokio::test(start_paused = true)]
async fn the_worker_comes_back_by_itself() -> Result {
    for fault in [DOWN, Fault::Hangs, Fault::Panics] {
        let (shop, store) = (Shop::default(), Clock::new().store());
        let inbox = Inbox::builder("shop", store.clone(), shop.clone())
            .mode(Mode::StoreFirst)
            .start()
            .await?;
        store.fail("claim", fault);
        assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
        sleep(Duration::from_secs(600)).await;
        assert_eq!(shop.started(), 0);
        store.repair();
        // A call that hangs is given up after the lease.
        sleep(Duration::from_secs(35)).await;
        assert_eq!(shop.finished(), 1, "{fault:?}");
        inbox.drain(Duration::from_secs(1)).await;
    }
    Ok(())
}

#[tokio::test]
async fn conflicts_that_cannot_be_promoted_stop_no_payment() -> Result {
    let (shop, store) = (Shop::default(), Clock::new().store());
    let inbox = Inbox::builder("shop", store.clone(), shop.clone())
        .mode(Mode::StoreFirst)
        .build()?;
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    store.fail("promote", Fault::Before(StoreErrorKind::Corrupt));
    assert_eq!(inbox.run_once().await?, 1);
    assert_eq!(shop.finished(), 1);
    Ok(())
}

/// The move after the attempt is lost, so the lease has to end.
#[tokio::test(start_paused = true)]
async fn a_move_that_fails_leaves_the_payment_to_its_lease() -> Result {
    for (order, method) in [("fail", "fail"), ("hold", "hold"), ("postpone", "postpone")] {
        for fault in [DOWN, Fault::Hangs] {
            let (shop, clock) = (Shop::default(), Clock::new());
            let store = clock.store();
            let inbox = Inbox::builder("shop", store.clone(), shop.clone()).build()?;
            store.fail(method, fault);
            assert_eq!(send(&inbox, "A", order).await?, 503);
            assert_eq!(record(&inbox, "A").await?.state, State::Running);
            store.repair();
            assert_eq!(inbox.run_once().await?, 0);
            clock.add(Duration::from_secs(30));
            assert_eq!(inbox.run_once().await?, 1);
            assert_ne!(record(&inbox, "A").await?.state, State::Running);
        }
    }
    Ok(())
}

/// A handler's place is free again after the lease.
#[tokio::test(start_paused = true)]
async fn a_move_that_hangs_stops_no_other_payment() -> Result {
    let (shop, store) = (Shop::default(), Clock::new().store());
    store.fail("fail", Fault::Hangs);
    let inbox = Inbox::builder("shop", store, shop.clone())
        .mode(Mode::StoreFirst)
        .workers(1)
        .start()
        .await?;
    for (invoice, order) in [("A", "fail"), ("B", "ORDER_1")] {
        assert_eq!(send(&inbox, invoice, order).await?, 200);
    }
    sleep(Duration::from_secs(60)).await;
    assert_eq!(record(&inbox, "B").await?.state, State::Done);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_short_response_limit_does_not_keep_a_report_from_being_stored() -> Result {
    let (shop, store) = (Shop::default(), Clock::new().store());
    store.fail("receive", Fault::Slow(Duration::from_secs(4)));
    let mut limits = Limits::default();
    limits.response = Duration::from_millis(10);
    let inbox = Inbox::builder("shop", store, shop.clone())
        .limits(limits)
        .build()?;
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 503);
    inbox.drain(Duration::from_secs(60)).await;
    assert_eq!(shop.finished(), 1);
    assert_eq!(record(&inbox, "A").await?.state, State::Done);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_wrong_schema_stops_the_worker_until_it_is_migrated() -> Result {
    let (shop, store) = (Shop::default(), Clock::new().store());
    let inbox = Inbox::builder("shop", store.clone(), shop.clone())
        .mode(Mode::StoreFirst)
        .start()
        .await?;
    store.fail("check", Fault::Before(StoreErrorKind::SchemaTooOld));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    sleep(Duration::from_secs(600)).await;
    assert_eq!(shop.started(), 0);
    store.repair();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(shop.finished(), 1);
    Ok(())
}
