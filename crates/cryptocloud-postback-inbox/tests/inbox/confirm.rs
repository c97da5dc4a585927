//! The vendor is asked before the handler runs.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use cryptocloud_postback::{Expected, testing::PostbackBuilder};
use cryptocloud_postback_inbox::{
    Accepted, Confirmation, Decision, Failure, Fields, Handler, HoldKind, Inbox, Limits,
    MemoryStore, Mode, Payment, State, StoreErrorKind,
};
use tokio::time::sleep;

use crate::{
    Clock, Result, SECRET, Shop,
    faulty::{Fault, FaultyStore},
    record, send,
    vendor::{Does, Vendor},
    verify,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// A shop, a vendor, a store with a clock, and an inbox without workers.
struct Setup {
    shop: Shop,
    vendor: Vendor,
    clock: Clock,
    store: FaultyStore,
    inbox: Inbox,
}

impl Setup {
    fn new(does: Does) -> Result<Self> {
        let (shop, vendor, clock) = (Shop::default(), Vendor::new(does), Clock::new());
        let store = clock.store();
        let inbox = Inbox::builder("shop", store.clone(), shop.clone())
            .confirm(vendor.clone())
            .build()?;
        Ok(Self {
            shop,
            vendor,
            clock,
            store,
            inbox,
        })
    }

    async fn run_after(&self, duration: Duration) -> Result<usize> {
        self.clock.add(duration);
        Ok(self.inbox.run_once().await?)
    }
}

fn says(confirmation: Confirmation) -> Does {
    Does::Says(confirmation)
}

/// What the handler saw, as far as the vendor stated it.
#[derive(Clone, Default)]
struct Looks(Arc<Mutex<Vec<Option<Fields>>>>);

impl Handler<()> for Looks {
    async fn handle(&self, payment: &Payment, _: &mut ()) -> std::result::Result<(), Failure> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(payment.confirmed().cloned());
        payment.check(&Expected::invoice(payment.invoice_id().clone()).order("ORDER_1"))
    }
}

/// A postback without an order agrees with every order, and it is the vendor's that counts.
#[tokio::test]
async fn the_handler_gets_the_statement() -> Result {
    for (order, state) in [("ORDER_1", State::Done), ("ORDER_2", State::Held)] {
        let looks = Looks::default();
        let inbox = Inbox::builder("shop", MemoryStore::new(10), looks.clone())
            .confirm(Vendor::new(Does::Paid(order)))
            .build()?;
        let postback = verify(PostbackBuilder::new(SECRET).invoice_id("A"))?;
        assert_eq!(inbox.receive(&postback).await.status(), 200);
        let record = record(&inbox, "A").await?;
        assert_eq!(record.state, state);
        assert_eq!(
            record.report.fields.order_id, None,
            "what was reported stays"
        );
        let seen = looks.0.lock().unwrap_or_else(PoisonError::into_inner);
        let orders: Vec<_> = seen
            .iter()
            .flatten()
            .map(|fields| &fields.order_id)
            .collect();
        assert_eq!(orders, [&Some(order.into())]);
    }
    Ok(())
}

#[tokio::test]
async fn what_the_vendor_denies_is_held_with_the_reason() -> Result {
    for (does, kind, reason) in [
        (Does::Paid("ORDER_2"), HoldKind::Differs, "order differs"),
        (
            says(Confirmation::Refused("partial:\n5 of 10".into())),
            HoldKind::Unconfirmed,
            "partial: 5 of 10",
        ),
    ] {
        let setup = Setup::new(does)?;
        assert_eq!(send(&setup.inbox, "A", "ORDER_1").await?, 200);
        let record = record(&setup.inbox, "A").await?;
        let hold = record.hold.ok_or("a reason")?;
        assert_eq!((record.state, hold.kind), (State::Held, kind));
        assert_eq!(&*hold.reason, reason);
        assert_eq!(setup.shop.started(), 0);
    }
    Ok(())
}

#[tokio::test]
async fn not_paid_yet_is_asked_about_for_a_day() -> Result {
    let setup = Setup::new(says(Confirmation::Pending("created".into())))?;
    let Setup { inbox, shop, .. } = &setup;
    assert_eq!(send(inbox, "A", "ORDER_1").await?, 503);
    let waits = record(inbox, "A").await?;
    assert_eq!((waits.state, waits.attempts), (State::Received, 0));
    assert_eq!(waits.last_error.as_deref(), Some("created"));
    assert_eq!(inbox.run_once().await?, 0, "not without a pause");
    for _ in 0..2 {
        for _ in 0..23 {
            assert_eq!(setup.run_after(HOUR).await?, 1);
            assert_eq!(record(inbox, "A").await?.state, State::Received);
        }
        assert_eq!(setup.run_after(HOUR).await?, 1);
        let held = record(inbox, "A").await?;
        let hold = held.hold.ok_or("a reason")?;
        assert_eq!(
            (held.state, hold.kind),
            (State::Held, HoldKind::Unconfirmed)
        );
        assert_eq!(&*hold.reason, "not confirmed within 24 hours: created");
        // The operator starts another day.
        inbox.retry(held.id, &Decision::by("anna")).await?;
        assert_eq!(inbox.run_once().await?, 1);
        assert_eq!(record(inbox, "A").await?.state, State::Received);
    }
    setup.vendor.does(Does::Paid("ORDER_1"));
    assert_eq!(setup.run_after(HOUR).await?, 1);
    assert_eq!((shop.started(), shop.finished()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn asked_for_as_long_as_the_vendor_is_down() -> Result {
    let setup = Setup::new(Vendor::down())?;
    let Setup { inbox, shop, .. } = &setup;
    assert_eq!(send(inbox, "A", "ORDER_1").await?, 503);
    for _ in 0..60 {
        assert_eq!(setup.run_after(24 * HOUR).await?, 1);
        let waits = record(inbox, "A").await?;
        assert_eq!((waits.state, waits.attempts), (State::Received, 0));
    }
    assert_eq!(setup.vendor.asked(), 61);
    setup.vendor.does(Does::Paid("ORDER_1"));
    assert_eq!(setup.run_after(HOUR).await?, 1);
    let record = record(inbox, "A").await?;
    assert_eq!((record.state, record.attempts), (State::Done, 1));
    assert_eq!(shop.finished(), 1);
    Ok(())
}

#[tokio::test]
async fn asked_no_sooner_than_the_vendor_says() -> Result {
    let setup = Setup::new(says(Confirmation::Unavailable {
        reason: "too many requests".into(),
        retry_after: Some(HOUR / 2),
    }))?;
    assert_eq!(send(&setup.inbox, "A", "ORDER_1").await?, 503);
    assert_eq!(setup.run_after(HOUR / 2 - Duration::from_secs(1)).await?, 0);
    assert_eq!(setup.run_after(Duration::from_secs(1)).await?, 1);
    // But not for longer than an hour.
    setup.vendor.does(says(Confirmation::Unavailable {
        reason: "too many requests".into(),
        retry_after: Some(Duration::MAX),
    }));
    assert_eq!(setup.run_after(HOUR).await?, 1);
    assert_eq!(setup.run_after(HOUR).await?, 1);
    Ok(())
}

/// The postback gets its response before the vendor does.
#[tokio::test(start_paused = true)]
async fn a_vendor_that_hangs_or_a_bug_takes_no_payment_along() -> Result {
    for does in [Does::Hangs, Does::Panics] {
        let setup = Setup::new(does)?;
        let Setup { inbox, shop, .. } = &setup;
        assert_eq!(send(inbox, "A", "ORDER_1").await?, 503);
        sleep(Duration::from_secs(10)).await;
        let waits = record(inbox, "A").await?;
        assert_eq!((waits.state, waits.attempts), (State::Received, 0));
        setup.vendor.does(Does::Paid("ORDER_1"));
        assert_eq!(setup.run_after(HOUR).await?, 1);
        assert_eq!((shop.started(), shop.finished()), (1, 1));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_slow_vendor_does_not_hold_up_the_response() -> Result {
    let setup = Setup::new(Does::Slow(Duration::from_secs(8)))?;
    let Setup { inbox, shop, .. } = &setup;
    assert_eq!(send(inbox, "A", "ORDER_1").await?, 503);
    assert_eq!(record(inbox, "A").await?.state, State::Running);
    sleep(Duration::from_secs(4)).await;
    assert_eq!(record(inbox, "A").await?.state, State::Done);
    assert_eq!(send(inbox, "A", "ORDER_1").await?, 200);
    assert_eq!((setup.vendor.asked(), shop.started()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn what_an_operator_accepted_is_not_asked_about() -> Result {
    let setup = Setup::new(Does::Paid("ORDER_2"))?;
    let Setup { inbox, shop, .. } = &setup;
    send(inbox, "A", "ORDER_1").await?;
    let held = record(inbox, "A").await?;
    setup.vendor.does(Vendor::down());
    let by = Decision::by("anna");
    inbox
        .accept(held.id, &Accepted::new("10".parse()?), &by)
        .await?;
    assert_eq!(inbox.run_once().await?, 1);
    assert_eq!((setup.vendor.asked(), shop.finished()), (1, 1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_the_vendor() -> Result {
    let vendor = Vendor::new(Does::Hangs);
    let mut limits = Limits::default();
    limits.confirm = Duration::from_secs(20);
    let shop = Shop::default();
    let inbox = shop
        .builder()
        .confirm(vendor.clone())
        .limits(limits)
        .start()
        .await?;
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 503);
    inbox.drain(Duration::from_secs(1)).await;
    let released = record(&inbox, "A").await?;
    assert_eq!((released.state, released.attempts), (State::Received, 0));
    assert_eq!((vendor.asked(), shop.started()), (1, 0));
    Ok(())
}

/// While the vendor was asked, the lease ended, and another worker handled the payment.
#[tokio::test(start_paused = true)]
async fn a_worker_that_lost_its_lease_while_asking_stops() -> Result {
    let setup = Setup::new(Does::Slow(Duration::from_secs(4)))?;
    let Setup { inbox, shop, .. } = &setup;
    let other = Inbox::builder("shop", setup.store.clone(), shop.clone()).build()?;
    let (response, handled) = tokio::join!(send(inbox, "A", "ORDER_1"), async {
        sleep(Duration::from_secs(1)).await;
        setup.clock.add(Duration::from_secs(30));
        other.run_once().await
    });
    assert_eq!((response?, handled?), (503, 1));
    assert_eq!((shop.started(), shop.finished()), (1, 1));
    assert_eq!(record(inbox, "A").await?.state, State::Done);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn without_a_renewed_lease_the_handler_does_not_run() -> Result {
    let down = Fault::Before(StoreErrorKind::Unavailable);
    for (fault, state) in [(down, State::Received), (Fault::Hangs, State::Running)] {
        let setup = Setup::new(Does::Paid("ORDER_1"))?;
        let Setup { inbox, shop, .. } = &setup;
        setup.store.fail("renew", fault);
        assert_eq!(send(inbox, "A", "ORDER_1").await?, 503);
        inbox.drain(Duration::from_secs(60)).await;
        assert_eq!(record(inbox, "A").await?.state, state);
        assert_eq!(shop.started(), 0);
        setup.store.repair();
        let again = Inbox::builder("shop", setup.store.clone(), shop.clone()).build()?;
        setup.clock.add(Duration::from_secs(60));
        assert_eq!(again.run_once().await?, 1);
        assert_eq!((shop.started(), shop.finished()), (1, 1));
    }
    Ok(())
}

/// A retry asks again: the vendor may have changed its mind.
#[tokio::test]
async fn each_attempt_asks() -> Result {
    let setup = Setup::new(Does::Paid("fail"))?;
    assert_eq!(send(&setup.inbox, "A", "fail").await?, 503);
    setup
        .vendor
        .does(says(Confirmation::Refused("canceled".into())));
    assert_eq!(setup.run_after(HOUR).await?, 1);
    assert_eq!(record(&setup.inbox, "A").await?.state, State::Held);
    assert_eq!((setup.vendor.asked(), setup.shop.started()), (2, 1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn store_first_asks_in_the_worker() -> Result {
    let (shop, vendor, clock) = (Shop::default(), Vendor::new(Vendor::down()), Clock::new());
    let inbox = Inbox::builder("shop", clock.store(), shop.clone())
        .confirm(vendor.clone())
        .mode(Mode::StoreFirst)
        .start()
        .await?;
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    sleep(HOUR).await;
    assert_eq!((shop.started(), inbox.counts().await?.received), (0, 1));
    vendor.does(Does::Paid("ORDER_1"));
    sleep(HOUR).await;
    assert_eq!(shop.finished(), 1);
    inbox.drain(Duration::from_secs(1)).await;
    Ok(())
}

#[tokio::test]
async fn the_lease_covers_asking_and_renewing() -> Result {
    let mut limits = Limits::default();
    limits.confirm = Duration::from_secs(26);
    assert!(Shop::default().builder().limits(limits).build().is_ok());
    let built = Shop::default()
        .builder()
        .confirm(Vendor::new(Does::Hangs))
        .limits(limits)
        .build();
    assert_eq!(
        built.err().map(|error| error.to_string()).as_deref(),
        Some("lease is shorter than the confirm and statement limits combined")
    );
    Ok(())
}

/// The customer pays the rest, and the vendor sends the same fields again.
#[tokio::test]
async fn a_resend_of_an_unconfirmed_payment_is_asked_about_again() -> Result {
    let partial = || says(Confirmation::Refused("paid in part".into()));
    let setup = Setup::new(partial())?;
    let inbox = &setup.inbox;
    assert_eq!(send(inbox, "A", "ORDER_1").await?, 200);
    // Still in part; and after that, no more than twice a minute.
    assert_eq!(send(inbox, "A", "ORDER_1").await?, 503);
    assert_eq!(setup.run_after(Duration::ZERO).await?, 1);
    assert_eq!(setup.vendor.asked(), 2);
    setup.vendor.does(Does::Paid("ORDER_1"));
    assert_eq!(send(inbox, "A", "ORDER_1").await?, 200);
    assert_eq!(setup.run_after(HOUR).await?, 0);
    assert_eq!(send(inbox, "A", "ORDER_1").await?, 503);
    assert_eq!(setup.run_after(Duration::ZERO).await?, 1);
    assert_eq!(record(inbox, "A").await?.state, State::Done);
    assert_eq!((setup.shop.finished(), setup.vendor.asked()), (1, 3));
    let id = record(inbox, "A").await?.id;
    let by = |decided: &cryptocloud_postback_inbox::Decided| decided.decision.by.clone();
    let history: Vec<_> = inbox.history(id).await?.iter().map(by).collect();
    assert_eq!(history, ["resend".into(), "resend".into()]);

    // What a handler holds, an operator decides.
    setup.vendor.does(Does::Paid("hold"));
    assert_eq!(send(inbox, "B", "hold").await?, 200);
    assert_eq!(send(inbox, "B", "hold").await?, 200);
    assert_eq!(setup.run_after(HOUR).await?, 0);
    Ok(())
}
