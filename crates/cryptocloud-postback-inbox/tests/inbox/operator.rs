use cryptocloud_postback_inbox::{Accepted, Decision, Event, Inbox, Refusal, State};

use crate::{Clock, Result, Shop, record, send};

#[tokio::test]
async fn accepted_beside_a_paid_one_is_refused() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().build()?;
    send(&inbox, "A", "hold").await?;
    let held = record(&inbox, "A").await?;
    send(&inbox, "A", "ORDER_1").await?;
    let by = Decision::by("anna");
    let refused = inbox
        .accept(held.id, &Accepted::new("5".parse()?), &by)
        .await;
    let refusal = refused.err().and_then(|error| error.refusal());
    assert_eq!(refusal, Some(Refusal::Blocked));
    assert_eq!(inbox.retry_all(State::Held, &by).await?, 0);
    assert!(inbox.retry_all(State::Done, &by).await.is_err());

    inbox.discard(held.id, &by.note("unknown sender")).await?;
    let history = inbox.history(held.id).await?;
    let [decided] = &*history else {
        return Err("one decision".into());
    };
    assert_eq!((decided.event, decided.from), (Event::Discard, State::Held));
    assert_eq!(
        decided.decision,
        Decision::by("anna").note("unknown sender")
    );
    Ok(())
}

#[tokio::test]
async fn the_waiting_one_is_promoted_when_the_first_is_dismissed() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().build()?;
    send(&inbox, "A", "fail").await?;
    let failed = record(&inbox, "A").await?;
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 409);
    let forged = Decision::by("anna").note("forged");
    inbox.discard(failed.id, &forged).await?;
    assert_eq!(inbox.run_once().await?, 1);
    assert_eq!(shop.finished(), 1);
    Ok(())
}

#[tokio::test]
async fn all_that_is_held_is_retried_unless_it_is_paid() -> Result {
    let shop = Shop::default();
    let inbox = Inbox::builder("shop", Clock::new().store(), shop.clone()).build()?;
    for number in 0..250 {
        assert_eq!(send(&inbox, &format!("A{number}"), "hold").await?, 200);
    }
    send(&inbox, "A7", "ORDER_1").await?;
    let by = Decision::by("anna");
    assert_eq!(inbox.retry_all(State::Held, &by).await?, 249);
    let counts = inbox.counts().await?;
    assert_eq!((counts.received, counts.held), (249, 1));
    // A fault that lasts holds them again.
    assert_eq!(inbox.run_once().await?, 249);
    assert_eq!(inbox.counts().await?.held, 250);
    assert_eq!(shop.finished(), 1);
    Ok(())
}
