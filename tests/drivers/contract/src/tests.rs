use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use cryptocloud_postback_inbox::{Accepted, Decision, Failure, Handler, HoldKind, Payment, State};

use crate::{
    LockOutbox, Shop, TestResult,
    shop::{
        INVOICE, OTHER_INVOICE, effects, inbox, inbox_with, patient, post, post_paid, record, retry,
    },
};

/// A postback and its resend pay the order once.
pub async fn order_is_paid_once<S: Shop, H: Handler<()>>(
    connect: impl AsyncFnOnce(&str) -> TestResult<H>,
) -> TestResult {
    let Some(shop) = S::create().await? else {
        return Ok(());
    };
    let inbox = inbox(&shop, connect(shop.url()).await?)?;
    assert_eq!(post(&inbox, INVOICE).await?, 200);
    assert_eq!(post(&inbox, INVOICE).await?, 200);
    assert_eq!(effects(&shop).await?, (1, 1));
    assert_eq!(record(&shop, INVOICE).await?.state, State::Done);
    Ok(())
}

/// A payment that matches no order is held, and the next one is paid.
pub async fn payment_without_order_is_held<S: Shop, H: Handler<()>>(
    connect: impl AsyncFnOnce(&str) -> TestResult<H>,
) -> TestResult {
    let Some(shop) = S::create().await? else {
        return Ok(());
    };
    let inbox = inbox(&shop, connect(shop.url()).await?)?;
    assert_eq!(post(&inbox, "UNKNOWN1").await?, 200);
    assert_eq!(effects(&shop).await?, (0, 0));
    let record = record(&shop, "UNKNOWN1").await?;
    let hold = record.hold.ok_or("should be held")?;
    assert_eq!(record.state, State::Held);
    assert_eq!(hold.kind, HoldKind::Handler);
    assert_eq!(&*hold.reason, "no order has this invoice");
    assert_eq!(post(&inbox, INVOICE).await?, 200);
    assert_eq!(effects(&shop).await?, (1, 1));
    Ok(())
}

/// Too little is held, and paid after an operator has accepted it.
pub async fn underpaid_payment_is_held_and_accepted<S: Shop, H: Handler<()>>(
    connect: impl AsyncFnOnce(&str) -> TestResult<H>,
) -> TestResult {
    let Some(shop) = S::create().await? else {
        return Ok(());
    };
    let inbox = inbox(&shop, connect(shop.url()).await?)?;
    assert_eq!(post_paid(&inbox, INVOICE, "5").await?, 200);
    assert_eq!(effects(&shop).await?, (0, 0));
    let held = record(&shop, INVOICE).await?;
    let hold = held.hold.ok_or("should be held")?;
    assert_eq!(hold.kind, HoldKind::Handler);
    assert!(hold.reason.contains("amount too low"), "{}", hold.reason);

    let decision = Decision::by("anna");
    inbox
        .accept(held.id, &Accepted::new("10.5".parse()?), &decision)
        .await?;
    assert_eq!(inbox.run_once().await?, 1);
    assert_eq!(effects(&shop).await?, (1, 1));
    assert_eq!(record(&shop, INVOICE).await?.state, State::Done);
    Ok(())
}

/// An error after the first write and before settle undoes that write.
pub async fn failed_handler_is_rolled_back_and_retried<S: Shop, H: Handler<()>>(
    connect: impl AsyncFnOnce(&str) -> TestResult<H>,
) -> TestResult {
    let Some(shop) = S::create().await? else {
        return Ok(());
    };
    let inbox = inbox(&shop, connect(shop.url()).await?)?;
    shop.run("ALTER TABLE outbox RENAME TO missing").await?;
    assert_eq!(post(&inbox, INVOICE).await?, 503);
    shop.run("ALTER TABLE missing RENAME TO outbox").await?;
    assert_eq!(effects(&shop).await?, (0, 0));
    let failed = record(&shop, INVOICE).await?;
    assert_eq!(failed.state, State::Failed);
    let error = failed.last_error.unwrap_or_default();
    assert!(error.contains("outbox"), "{error}");

    retry(&shop, &inbox).await?;
    assert_eq!(effects(&shop).await?, (1, 1));
    assert_eq!(record(&shop, INVOICE).await?.state, State::Done);
    Ok(())
}

/// A handler that returns `Ok` without settling is noticed, and does not run again.
pub async fn forgotten_settle_is_held<S: Shop, H: Handler<()>>(
    connect: impl AsyncFnOnce(&str) -> TestResult<H>,
) -> TestResult {
    let Some(shop) = S::create().await? else {
        return Ok(());
    };
    let inbox = inbox(&shop, connect(shop.url()).await?)?;
    shop.run(S::FORGET_SETTLE).await?;
    assert_eq!(post(&inbox, INVOICE).await?, 200);
    assert_eq!(post(&inbox, INVOICE).await?, 200);
    assert_eq!(effects(&shop).await?, (1, 1));
    let record = record(&shop, INVOICE).await?;
    let hold = record.hold.ok_or("should be held")?;
    assert_eq!(record.state, State::Held);
    assert_eq!(hold.kind, HoldKind::NotSettled);
    Ok(())
}

/// While the next worker holds the claim, a late worker wakes up and pays: settle refuses.
pub async fn late_worker_cannot_commit<S: Shop, H: Handler<()>>(
    connect: impl AsyncFnOnce(&str) -> TestResult<H>,
) -> TestResult {
    let Some(shop) = S::create().await? else {
        return Ok(());
    };
    let handler = Arc::new(Late {
        inner: connect(shop.url()).await?,
        late: Mutex::default(),
        outcome: Mutex::default(),
    });
    let inbox = inbox(&shop, Arc::clone(&handler))?;
    assert_eq!(post(&inbox, INVOICE).await?, 503);
    retry(&shop, &inbox).await?;

    let outcome = lock(&handler.outcome).take().ok_or("should have run")?;
    let error = outcome.err().ok_or("late worker should have failed")?;
    assert!(error.contains("claim is stale"), "{error}");
    assert_eq!(effects(&shop).await?, (1, 1));
    assert_eq!(record(&shop, INVOICE).await?.state, State::Done);
    Ok(())
}

/// A handler that waits for a lock after its first write is dropped at its time limit: its
/// transaction must not go on.
pub async fn dropped_handler_is_rolled_back<S: LockOutbox, H: Handler<()>>(
    connect: impl AsyncFnOnce(&str) -> TestResult<H>,
) -> TestResult {
    let Some(shop) = S::create().await? else {
        return Ok(());
    };
    let handler = Arc::new(connect(shop.url()).await?);
    let mut limits = patient();
    limits.handler = Duration::from_secs(1);
    let impatient = inbox_with(&shop, Arc::clone(&handler), limits)?;
    let lock = shop.lock_outbox().await?;
    assert_eq!(post(&impatient, INVOICE).await?, 503);
    drop(lock);
    let failed = record(&shop, INVOICE).await?;
    assert_eq!(failed.last_error.as_deref(), Some("handler timed out"));
    assert_eq!(effects(&shop).await?, (0, 0));

    // If the pool handed out that transaction, its first write would be committed here.
    let inbox = inbox(&shop, handler)?;
    assert_eq!(post(&inbox, OTHER_INVOICE).await?, 200);
    assert_eq!(effects(&shop).await?, (1, 1));
    retry(&shop, &inbox).await?;
    assert_eq!(effects(&shop).await?, (2, 2));
    assert_eq!(record(&shop, INVOICE).await?.state, State::Done);
    Ok(())
}

/// Keeps the payment of the first attempt, and runs it within the second one.
struct Late<H> {
    inner: H,
    late: Mutex<Option<Payment>>,
    outcome: Mutex<Option<Result<(), String>>>,
}

impl<H: Handler<()>> Handler<()> for Late<H> {
    async fn handle(&self, payment: &Payment, tx: &mut ()) -> Result<(), Failure> {
        let late = lock(&self.late).take();
        let Some(late) = late else {
            *lock(&self.late) = Some(payment.clone());
            return Err(Failure::retry("worker was stopped before it began"));
        };
        let outcome = self.inner.handle(&late, tx).await;
        *lock(&self.outcome) = Some(outcome.map_err(|failure| failure.describe()));
        self.inner.handle(payment, tx).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
