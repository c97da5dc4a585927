//! Reconciliation while the store is away.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use cryptocloud_postback_api::{
    ApiError, Confirmer, Invoice, InvoiceSource, Reconciler,
    core::InvoiceId,
    inbox::{Failure, Handler, Inbox, MemoryStore, Payment, StoreErrorKind},
};
use futures_util::{StreamExt, stream, stream::BoxStream};
use time::Date;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use crate::{
    TestResult,
    faulty::{Fault, FaultyStore},
    secrecy::Log,
};

/// A vendor without invoices, which tells when a turn asks for them.
#[derive(Debug)]
struct Vendor(Arc<Notify>);

#[async_trait]
impl InvoiceSource for Vendor {
    async fn invoices(&self, _: &[InvoiceId]) -> Result<Vec<Invoice>, ApiError> {
        Ok(Vec::new())
    }

    fn list(&self, _: Date, _: Date) -> BoxStream<'_, Result<Invoice, ApiError>> {
        self.0.notify_one();
        stream::empty().boxed()
    }
}

struct Shop;

impl Handler<()> for Shop {
    async fn handle(&self, _: &Payment, _: &mut ()) -> Result<(), Failure> {
        Ok(())
    }
}

/// No turn begins, so nothing is stored that says when the next one is due.
#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_is_asked_ever_less_often() -> TestResult {
    let (log, _guard) = Log::start();
    let store = FaultyStore::new(MemoryStore::new(10));
    let unavailable = Fault::Before(StoreErrorKind::Unavailable);
    store.fail("begin_reconciliation", unavailable);
    let asked = Arc::<Notify>::default();
    let confirmer = Confirmer::builder(Vendor(Arc::clone(&asked))).build();
    let inbox = Inbox::builder("shop", store.clone(), Shop).build()?;
    let reconciler = Reconciler::builder(inbox, confirmer).interval(Duration::from_secs(1));
    let reconciler = reconciler.build()?;
    let failures = || log.text().matches("reconciliation failed").count();
    let watch = async {
        for (seconds, most) in [(1, 2), (60, 9), (540, 35)] {
            sleep(Duration::from_secs(seconds)).await;
            assert!((1..=most).contains(&failures()), "{}", log.text());
        }
        store.repair();
        // It is found to be back within 30 s.
        timeout(Duration::from_secs(30), asked.notified()).await?;
        TestResult::Ok(())
    };
    tokio::select! {
        watched = watch => watched,
        () = reconciler.run() => Err("it ended".into()),
    }
}
