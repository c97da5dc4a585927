//! Conflicts are resolved by asking the vendor.

use std::time::Duration;

use cryptocloud_postback::testing::PostbackBuilder;
use cryptocloud_postback_inbox::{
    Accepted, Confirmation, Decision, Event, IdentityPolicy, Inbox, Record, State, StoreErrorKind,
};
use tokio::time::sleep;

use crate::{
    Clock, Result, SECRET, Shop,
    faulty::Fault,
    send,
    vendor::{Does, Vendor},
    verify,
};

fn inbox(does: Does) -> Result<(Shop, Vendor, Clock, Inbox)> {
    let (shop, vendor, clock) = (Shop::default(), Vendor::new(does), Clock::new());
    let inbox = Inbox::builder("shop", clock.store(), shop.clone())
        .confirm(vendor.clone())
        .build()?;
    Ok((shop, vendor, clock, inbox))
}

/// The report of invoice A with this order.
async fn with_order(inbox: &Inbox, order: &str) -> Result<Record> {
    let records = inbox.find("A").await?;
    let is_it = |record: &Record| record.report.fields.order_id.as_deref() == Some(order);
    Ok(records.into_iter().find(is_it).ok_or("a report")?)
}

async fn assert_discarded(inbox: &Inbox, order: &str) -> Result {
    let record = with_order(inbox, order).await?;
    assert_eq!(record.state, State::Discarded);
    let done = with_order(inbox, "ORDER_1").await?.id;
    let history = inbox.history(record.id).await?;
    let decided = history.last().ok_or("a decision")?;
    assert_eq!(decided.event, Event::Discard);
    assert_eq!(&*decided.decision.by, "confirmation");
    let note = format!("payment was credited already, as report {done}, and this one differs");
    assert_eq!(decided.decision.note.as_deref(), Some(&*note));
    Ok(())
}

/// Both come while the vendor is down, the forged one first.
#[tokio::test]
async fn the_genuine_one_is_credited_and_the_forged_one_is_discarded() -> Result {
    let (shop, vendor, clock, inbox) = inbox(Vendor::down())?;
    assert_eq!(send(&inbox, "A", "forged").await?, 503);
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 409);
    assert_eq!(send(&inbox, "A", "forged too").await?, 409);
    vendor.does(Does::Paid("ORDER_1"));
    for _ in 0..2 {
        clock.add(Duration::from_secs(60));
        inbox.run_once().await?;
    }
    assert_eq!(with_order(&inbox, "ORDER_1").await?.state, State::Done);
    assert_eq!(with_order(&inbox, "forged").await?.state, State::Held);
    assert_eq!(inbox.resolve_conflicts().await?, 2);
    assert_discarded(&inbox, "forged").await?;
    assert_discarded(&inbox, "forged too").await?;
    assert_eq!(inbox.resolve_conflicts().await?, 0);
    assert_eq!((shop.started(), shop.finished()), (1, 1));
    Ok(())
}

/// In part first, then in full: the vendor sends a postback for each.
#[tokio::test]
async fn what_was_not_confirmed_gives_way_to_what_was() -> Result {
    let partial = Confirmation::Refused("partial".into());
    let (shop, vendor, _, inbox) = inbox(Does::Says(partial))?;
    assert_eq!(send(&inbox, "A", "partial").await?, 200);
    assert_eq!(inbox.resolve_conflicts().await?, 0);
    vendor.does(Does::Paid("ORDER_1"));
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    assert_eq!(inbox.resolve_conflicts().await?, 1);
    assert_discarded(&inbox, "partial").await?;
    assert_eq!(shop.finished(), 1);
    Ok(())
}

#[tokio::test]
async fn an_operator_decides_unless_the_vendor_confirms_the_one_that_is_done() -> Result {
    let (_, vendor, _, inbox) = inbox(Does::Paid("ORDER_1"))?;
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    assert_eq!(send(&inbox, "A", "ORDER_2").await?, 409);
    for does in [
        Does::Paid("ORDER_2"),
        Does::Says(Confirmation::Refused("canceled".into())),
        Does::Says(Confirmation::Pending("created".into())),
        Vendor::down(),
        Does::Panics,
    ] {
        vendor.does(does);
        assert_eq!(inbox.resolve_conflicts().await?, 0);
        assert_eq!(with_order(&inbox, "ORDER_2").await?.state, State::Conflict);
    }
    Ok(())
}

/// What the handler held, and the conflicts of a payment that is not done, wait.
#[tokio::test]
async fn all_else_waits() -> Result {
    let (_, vendor, _, inbox) = inbox(Does::Paid("hold"))?;
    assert_eq!(send(&inbox, "A", "hold").await?, 200);
    vendor.does(Does::Paid("ORDER_1"));
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    vendor.does(Vendor::down());
    assert_eq!(send(&inbox, "B", "ORDER_1").await?, 503);
    assert_eq!(send(&inbox, "B", "ORDER_2").await?, 409);
    vendor.does(Does::Paid("ORDER_1"));
    assert_eq!(inbox.resolve_conflicts().await?, 0);
    assert_eq!(with_order(&inbox, "hold").await?.state, State::Held);
    assert_eq!(inbox.counts().await?.conflict, 1);
    Ok(())
}

/// Another deposit of the same invoice is another payment.
#[tokio::test]
async fn deposits_of_a_static_wallet_do_not_end_each_other() -> Result {
    let vendor = Vendor::new(Does::Paid("ORDER_1"));
    let inbox = Shop::default()
        .builder()
        .confirm(vendor.clone())
        .identity_policy(IdentityPolicy::InvoiceAndTransactions)
        .build()?;
    for (order, hash) in [("ORDER_1", r#"["0x1"]"#), ("ORDER_2", r#"["0x2"]"#)] {
        let deposit = PostbackBuilder::new(SECRET)
            .invoice_id("A")
            .order_id(order)
            .info_field("tx_list", hash);
        assert_eq!(inbox.receive(&verify(deposit)?).await.status(), 200);
    }
    assert_eq!(with_order(&inbox, "ORDER_1").await?.state, State::Done);
    assert_eq!(inbox.resolve_conflicts().await?, 0);
    assert_eq!(with_order(&inbox, "ORDER_2").await?.state, State::Held);
    Ok(())
}

#[tokio::test]
async fn what_comes_after_an_accept_is_for_the_operator() -> Result {
    let (shop, vendor, _, inbox) = inbox(Does::Paid("ORDER_9"))?;
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    let held = with_order(&inbox, "ORDER_1").await?.id;
    let by = Decision::by("anna");
    inbox
        .accept(held, &Accepted::new("10".parse()?), &by)
        .await?;
    assert_eq!(send(&inbox, "A", "ORDER_2").await?, 409);
    inbox.run_once().await?;
    assert_eq!(inbox.resolve_conflicts().await?, 0);
    let rest = with_order(&inbox, "ORDER_2").await?;
    assert_eq!(rest.state, State::Conflict);
    assert_eq!((vendor.asked(), shop.finished()), (1, 1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_wrong_schema_stops_that_too() -> Result {
    let (shop, vendor) = (Shop::default(), Vendor::new(Does::Paid("ORDER_1")));
    let store = Clock::new().store();
    let inbox = Inbox::builder("shop", store.clone(), shop.clone())
        .confirm(vendor.clone())
        .start()
        .await?;
    store.fail("check", Fault::Before(StoreErrorKind::SchemaTooNew));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    assert_eq!(send(&inbox, "A", "ORDER_2").await?, 409);
    sleep(Duration::from_secs(600)).await;
    assert_eq!(with_order(&inbox, "ORDER_2").await?.state, State::Conflict);
    store.repair();
    sleep(Duration::from_secs(180)).await;
    assert_discarded(&inbox, "ORDER_2").await?;
    inbox.drain(Duration::from_secs(1)).await;
    Ok(())
}

#[tokio::test]
async fn without_a_vendor_to_ask_an_operator_decides() -> Result {
    let inbox = Shop::default().builder().build()?;
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    assert_eq!(send(&inbox, "A", "ORDER_2").await?, 409);
    assert_eq!(inbox.resolve_conflicts().await?, 0);
    assert_eq!(with_order(&inbox, "ORDER_2").await?.state, State::Conflict);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_worker_resolves_conflicts() -> Result {
    let shop = Shop::default();
    let vendor = Vendor::new(Does::Paid("ORDER_1"));
    let inbox = shop.builder().confirm(vendor.clone()).start().await?;
    assert_eq!(send(&inbox, "A", "forged").await?, 200);
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    sleep(Duration::from_secs(80)).await;
    assert_discarded(&inbox, "forged").await?;
    // Soon after it has arrived.
    assert_eq!(send(&inbox, "A", "late").await?, 409);
    sleep(Duration::from_secs(3)).await;
    assert_discarded(&inbox, "late").await?;
    inbox.drain(Duration::from_secs(1)).await;
    Ok(())
}
