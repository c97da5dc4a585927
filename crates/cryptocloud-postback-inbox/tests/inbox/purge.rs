use std::time::Duration;

use cryptocloud_postback_inbox::{Inbox, Mode, State};
use tokio::time::sleep;

use crate::{Clock, Result, Shop, faulty::Fault, record, send};

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test(start_paused = true)]
async fn begins_soon_after_the_start_and_keeps_the_identity() -> Result {
    let (shop, clock) = (Shop::default(), Clock::new());
    let store = clock.store();
    let builder = || Inbox::builder("shop", store.clone(), shop.clone()).retention(DAY);
    let before = builder().build()?;
    assert_eq!(send(&before, "A", "ORDER_1").await?, 200);
    clock.add(DAY);
    assert_eq!(send(&before, "B", "ORDER_2").await?, 200);

    let inbox = builder().start().await?;
    sleep(Duration::from_secs(60)).await;
    let purged = record(&inbox, "A").await?;
    assert_eq!(purged.state, State::Done);
    assert_eq!(purged.report.fields.order_id, None);
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    assert_eq!(shop.finished(), 2);
    // It was settled a moment ago.
    let recent = record(&inbox, "B").await?;
    assert_eq!(recent.report.fields.order_id.as_deref(), Some("ORDER_2"));

    clock.add(DAY);
    sleep(Duration::from_secs(2 * 3_600)).await;
    assert_eq!(record(&inbox, "B").await?.report.fields.order_id, None);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn holds_up_neither_payments_nor_the_shutdown() -> Result {
    let (shop, store) = (Shop::default(), Clock::new().store());
    store.fail("purge", Fault::Hangs);
    let inbox = Inbox::builder("shop", store, shop.clone())
        .mode(Mode::StoreFirst)
        .start()
        .await?;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(shop.finished(), 1);
    let hang = Duration::from_secs(60);
    let start = tokio::time::Instant::now();
    inbox.drain(hang).await;
    assert!(start.elapsed() < hang);
    Ok(())
}
