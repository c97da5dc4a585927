//! Handlers with transactions of their own, as with another driver.

use std::sync::atomic::{AtomicU32, Ordering};

use cryptocloud_postback_inbox::{
    Attempt, Failure, Handler, Limits, Payment, Settled, Settles, State,
};
use cryptocloud_postback_sqlx::{
    sqlite,
    sqlx::{self, SqlitePool, raw_sql},
};
use tokio::task;

use crate::{
    file::File,
    shared::{PAY, TestResult},
};

#[tokio::test(flavor = "multi_thread")]
async fn payment_is_done_if_the_handler_settles() -> TestResult {
    let file = File::new().await;
    let payment = file.payment().await;
    let settled = settle(&file, &payment, &own(&file, true)).await;
    assert!(matches!(settled, Settled::Done), "{settled:?}");
    assert_eq!(file.paid().await, 1);
    assert_eq!(file.record().await.state, State::Done);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_settle_is_noticed() -> TestResult {
    let file = File::new().await;
    let payment = file.payment().await;
    let settled = settle(&file, &payment, &own(&file, false)).await;
    assert!(matches!(settled, Settled::NotSettled), "{settled:?}");
    assert_eq!(file.record().await.state, State::Running);
    Ok(())
}

/// SQLite has one writer, and a receive must not wait for many handlers.
#[tokio::test(flavor = "multi_thread")]
async fn handlers_run_one_at_a_time() -> TestResult {
    let file = File::new().await;
    let payment = file.payment().await;
    let handler = Counting::default();
    let (first, second) = tokio::join!(
        settle(&file, &payment, &handler),
        settle(&file, &payment, &handler)
    );
    assert!(matches!(first, Settled::NotSettled), "{first:?}");
    assert!(matches!(second, Settled::NotSettled), "{second:?}");
    assert_eq!(handler.most.load(Ordering::SeqCst), 1);
    Ok(())
}

struct Own {
    pool: SqlitePool,
    settles: bool,
}

fn own(file: &File, settles: bool) -> Own {
    Own {
        pool: file.store.pool().clone(),
        settles,
    }
}

impl Handler<()> for Own {
    async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
        let mut tx = self.pool.begin_with(sqlite::BEGIN).await?;
        raw_sql(PAY).execute(&mut *tx).await?;
        if self.settles {
            let claim = payment.claim();
            raw_sql(sqlite::BEFORE_SETTLE).execute(&mut *tx).await?;
            sqlx::query(sqlite::SETTLE)
                .bind(claim.id.number())
                .bind(claim.fence.number())
                .bind(false)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Counts how many handlers run at a time.
#[derive(Default)]
struct Counting {
    most: AtomicU32,
    running: AtomicU32,
}

impl Handler<()> for Counting {
    async fn handle(&self, _: &Payment, _: &mut ()) -> Result<(), Failure> {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        task::yield_now().await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }
}

async fn settle<H: Handler<()>>(file: &File, payment: &Payment, handler: &H) -> Settled {
    let limits = Limits::default();
    let store = file.store.clone().with_own_transactions();
    store.settle(Attempt::new(handler, &limits, payment)).await
}
