use std::time::Duration;

use cryptocloud_postback::testing::PostbackBuilder;
use cryptocloud_postback_inbox::{HoldKind, IdentityPolicy, Mode, Source, State};

use crate::{Result, SECRET, Shop, postback, record, send, verify};

#[tokio::test]
async fn done_is_200_and_a_resend_too() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().build()?;
    let postback = postback("A", "ORDER_1")?;
    for _ in 0..3 {
        assert_eq!(inbox.receive(&postback).await.status(), 200);
    }
    assert_eq!(shop.finished(), 1);
    let record = record(&inbox, "A").await?;
    assert_eq!(record.state, State::Done);
    assert_eq!(record.report.source, Source::Postback);
    Ok(())
}

#[tokio::test]
async fn failed_is_503_until_a_worker_has_tried_again() -> Result {
    for order in ["fail", "panic"] {
        let shop = Shop::default();
        let inbox = shop.builder().build()?;
        let response = inbox.receive(&postback("A", order)?).await;
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains(&("retry-after", "10")));
        let failed = record(&inbox, "A").await?;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.last_error.is_some());
        // A resend does not run it before it is due.
        assert_eq!(send(&inbox, "A", order).await?, 503);
        assert_eq!((shop.started(), shop.finished()), (1, 0));
    }
    Ok(())
}

#[tokio::test]
async fn held_is_200_and_conflict_409() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().build()?;
    assert_eq!(send(&inbox, "A", "hold").await?, 200);
    let held = record(&inbox, "A").await?;
    let hold = held.hold.ok_or("held with a reason")?;
    assert_eq!(
        (hold.kind, &*hold.reason),
        (HoldKind::Handler, "no such order")
    );

    // What is held blocks nothing, and what is done does.
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    assert_eq!(send(&inbox, "A", "ORDER_2").await?, 409);
    assert_eq!(shop.finished(), 1);
    assert_eq!(inbox.counts().await?.conflict, 1);
    Ok(())
}

#[tokio::test]
async fn stored_first_is_200_before_the_handler_ran() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().mode(Mode::StoreFirst).build()?;
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    assert_eq!(shop.started(), 0);
    assert_eq!(inbox.run_once().await?, 1);
    assert_eq!(shop.finished(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn slow_handlers_get_503_and_go_on() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().build()?;
    assert_eq!(send(&inbox, "A", "slow").await?, 503);
    assert_eq!((shop.started(), shop.finished()), (1, 0));
    inbox.drain(Duration::from_secs(60)).await;
    assert_eq!(shop.finished(), 1);
    assert_eq!(record(&inbox, "A").await?.state, State::Done);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn handlers_that_hang_are_stopped() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().build()?;
    assert_eq!(send(&inbox, "A", "hang").await?, 503);
    inbox.drain(Duration::from_secs(60)).await;
    let record = record(&inbox, "A").await?;
    assert_eq!(record.state, State::Failed);
    assert_eq!(record.last_error.as_deref(), Some("handler timed out"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn work_goes_on_if_the_sender_hangs_up() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().build()?;
    let postback = postback("A", "slow")?;
    let short = Duration::from_millis(1);
    let response = tokio::time::timeout(short, inbox.receive(&postback)).await;
    assert!(response.is_err());
    inbox.drain(Duration::from_secs(60)).await;
    assert_eq!(shop.finished(), 1);
    Ok(())
}

#[tokio::test]
async fn without_transaction_hashes_a_deposit_is_held() -> Result {
    let shop = Shop::default();
    let policy = IdentityPolicy::InvoiceAndTransactions;
    let inbox = shop.builder().identity_policy(policy).build()?;
    let deposit = |hashes: &str| {
        let postback = PostbackBuilder::new(SECRET).info_field("tx_list", hashes);
        verify(postback.invoice_id("WALLET"))
    };
    for hashes in [r#"["0x1"]"#, r#"["0x2"]"#, r#"["0x1"]"#] {
        assert_eq!(inbox.receive(&deposit(hashes)?).await.status(), 200);
    }
    assert_eq!(shop.finished(), 2);
    for hashes in [r#"[""]"#, "null", "7"] {
        assert_eq!(inbox.receive(&deposit(hashes)?).await.status(), 200);
    }
    assert_eq!(shop.finished(), 2);
    assert_eq!(inbox.counts().await?.held, 1);
    Ok(())
}

#[tokio::test]
async fn a_postback_of_another_project_is_not_stored() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().build()?;
    let of_another =
        cryptocloud_postback::Verifier::builder(cryptocloud_postback::SecretKey::new(SECRET)?)
            .project("another")
            .build()?;
    let signed = PostbackBuilder::new(SECRET).invoice_id("A").json();
    let postback = of_another.verify(signed.head(), signed.body())?;
    assert_eq!(inbox.receive(&postback).await.status(), 500);
    assert_eq!(shop.started(), 0);
    assert!(inbox.find("A").await?.is_empty());
    Ok(())
}
