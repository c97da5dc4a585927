use std::time::Duration;

use cryptocloud_postback::InvoiceId;
use cryptocloud_postback_inbox::{
    Accepted, Decision, Failure, Handler, Inbox, InboxBuildError, Limits, MemoryStore, Mode,
    Payment, State, TestInbox,
};

use crate::{Clock, Result, Shop, record, send};

#[tokio::test(start_paused = true)]
async fn stored_payments_are_handled_and_retried() -> Result {
    let shop = Shop::default();
    let start = tokio::time::Instant::now();
    let store = MemoryStore::with_clock(100, move || {
        std::time::SystemTime::UNIX_EPOCH + start.elapsed()
    });
    let inbox = Inbox::builder("shop", store, shop.clone())
        .mode(Mode::StoreFirst)
        .start()
        .await?;
    for (invoice, order) in [("A", "ORDER_1"), ("B", "fail"), ("C", "panic")] {
        assert_eq!(send(&inbox, invoice, order).await?, 200);
    }
    while inbox.oldest_unfinished().await?.is_some() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!((shop.started(), shop.finished()), (5, 3));
    inbox.drain(Duration::from_secs(1)).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn claims_no_more_than_free_handlers() -> Result {
    let shop = Shop::default();
    let inbox = shop
        .builder()
        .mode(Mode::StoreFirst)
        .workers(2)
        .start()
        .await?;
    for number in 0..5 {
        send(&inbox, &format!("A{number}"), "slow").await?;
    }
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(inbox.counts().await?.running, 2);
    while shop.finished() < 5 {
        assert!(inbox.counts().await?.running <= 2);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn drain_releases_what_does_not_finish() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().mode(Mode::StoreFirst).start().await?;
    send(&inbox, "A", "hang").await?;
    send(&inbox, "B", "slow").await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    inbox.drain(Duration::from_secs(6)).await;
    let released = record(&inbox, "A").await?;
    assert_eq!((released.state, released.attempts), (State::Received, 0));
    assert_eq!(record(&inbox, "B").await?.state, State::Done);
    // Nothing is claimed any more, and what arrives is still stored.
    assert_eq!(send(&inbox, "C", "ORDER_1").await?, 200);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(record(&inbox, "C").await?.state, State::Received);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn drain_begins_nothing_new() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().start().await?;
    let (slow, other) = (inbox.clone(), inbox.clone());
    let (response, stored, ()) = tokio::join!(
        send(&slow, "A", "slow"),
        async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            send(&other, "B", "ORDER_1").await
        },
        async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            inbox.drain(Duration::from_secs(60)).await;
        },
    );
    assert_eq!((response?, stored?), (503, 503));
    assert_eq!(record(&inbox, "A").await?.state, State::Done);
    let waits = record(&inbox, "B").await?;
    assert_eq!((waits.state, waits.attempts), (State::Received, 0));
    assert_eq!(inbox.run_once().await?, 0);
    assert_eq!((shop.started(), shop.finished()), (1, 1));
    Ok(())
}

/// Within a moment, and not with the next poll.
#[tokio::test(start_paused = true)]
async fn wakes_at_once() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().start().await?;
    let moment = || tokio::time::sleep(Duration::from_millis(1));
    moment().await;
    let by = Decision::by("anna");

    send(&inbox, "A", "hold").await?;
    inbox
        .accept(
            record(&inbox, "A").await?.id,
            &Accepted::new("5".parse()?),
            &by,
        )
        .await?;
    moment().await;
    assert_eq!(shop.started(), 2);

    inbox.retry(record(&inbox, "A").await?.id, &by).await?;
    moment().await;
    assert_eq!(shop.started(), 3);

    send(&inbox, "B", "fail").await?;
    assert_eq!(inbox.retry_all(State::Failed, &by).await?, 1);
    moment().await;
    assert_eq!(shop.started(), 5);

    let payment = Payment::builder(InvoiceId::parse("C")?)
        .project("shop")
        .build();
    inbox.import(&payment.claim().report).await?;
    moment().await;
    assert_eq!((shop.started(), shop.finished()), (6, 1));
    inbox.drain(Duration::from_secs(1)).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_postpones_by_nothing_pauses() -> Result {
    let shop = Shop::default();
    let inbox = Inbox::builder("shop", Clock::new().store(), shop.clone()).build()?;
    assert_eq!(send(&inbox, "A", "postpone").await?, 503);
    assert_eq!(inbox.run_once().await?, 0);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(inbox.run_once().await?, 1);
    assert_eq!(record(&inbox, "A").await?.attempts, 0);
    Ok(())
}

/// The forged one is held, and what waited for it is paid.
#[tokio::test(start_paused = true)]
async fn a_genuine_postback_behind_a_forged_one_is_paid() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().start().await?;
    let (forged, genuine) = tokio::join!(send(&inbox, "A", "hold later"), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        send(&inbox, "A", "ORDER_1").await
    });
    assert_eq!((forged?, genuine?), (200, 409));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(shop.finished(), 1);
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    Ok(())
}

#[tokio::test]
async fn attempts_are_used_up_after_the_retry_span() -> Result {
    struct Fails;
    impl Handler<()> for Fails {
        async fn handle(&self, _: &Payment, _: &mut ()) -> std::result::Result<(), Failure> {
            Err(Failure::retry("disk full"))
        }
    }
    let inbox = TestInbox::new(Fails)?;
    let payment = Payment::builder(InvoiceId::parse("A")?).build();
    inbox.deliver(&payment).await?;
    for _ in 0..7 * 24 {
        assert_eq!(inbox.record(&payment).await?.state, State::Failed);
        inbox.advance(Duration::from_secs(3_600)).await?;
    }
    assert_eq!(inbox.record(&payment).await?.state, State::Held);
    Ok(())
}

#[test]
fn builder_refuses() {
    #[track_caller]
    fn check(build: impl FnOnce() -> std::result::Result<Inbox, InboxBuildError>, text: &str) {
        let error = build().err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some(text));
    }
    let builder = || Shop::default().builder();
    check(
        || {
            let mut limits = Limits::default();
            limits.lease = Duration::from_secs(24);
            builder().limits(limits).build()
        },
        "lease is shorter than the handler, statement and idle-in-transaction limits combined",
    );
    check(
        || builder().retention(Duration::from_secs(60)).build(),
        "retention is shorter than a day",
    );
    check(
        || builder().retry_span(Duration::ZERO).build(),
        "retry span is shorter than a minute",
    );
    check(
        || Inbox::builder(" ", MemoryStore::new(1), Shop::default()).build(),
        "project name is blank or has control characters",
    );
    check(|| builder().workers(usize::MAX).build(), "too many workers");
    check(
        || builder().build(),
        "inbox was built outside of a tokio runtime",
    );
}
