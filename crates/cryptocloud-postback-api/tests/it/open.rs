//! The merchant's own open invoices, which the vendor's list may not have any more.

use std::{
    error::Error,
    sync::atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use cryptocloud_postback_api::{
    OpenInvoices, ReconcileError, ReconcileErrorKind as Kind, core::InvoiceId, inbox::Begin,
};

use crate::{
    TestResult, ids,
    reconcile::{DAY, HOUR, reconcile},
    shop::{Shop, dated},
};

/// The open orders of a shop; the first call may go wrong.
#[derive(Debug, Default)]
pub(crate) struct Open {
    pub(crate) fails: AtomicBool,
    pub(crate) panics: AtomicBool,
}

#[async_trait]
impl OpenInvoices for Open {
    async fn open_invoices(&self) -> Result<Vec<InvoiceId>, Box<dyn Error + Send + Sync>> {
        assert!(!self.panics.swap(false, Ordering::Relaxed), "a bug");
        if self.fails.swap(false, Ordering::Relaxed) {
            return Err("a database".into());
        }
        Ok(ids(["OPEN", "PAST", "UNPAID", "UNKNOWN"]))
    }
}

#[tokio::test]
async fn open_invoices_are_asked_for_whatever_their_age() -> TestResult {
    let shop = Shop::new().await;
    // Both were created before the first turn, and only the list states when each was paid.
    shop.started(HOUR).await;
    let mut late = dated("OPEN", "paid", 30 * DAY);
    late["date_finished"] = dated("LATE", "paid", 60)["date_finished"].clone();
    shop.server.add(late);
    shop.server.add(dated("PAST", "paid", 30 * DAY));
    shop.server.add(dated("UNPAID", "created", 30 * DAY));
    shop.server.add(dated("LISTED", "paid", 60));
    let open = Open {
        fails: true.into(),
        ..Open::default()
    };
    let reconciler = shop.builder().open_invoices(open).build()?;
    let error: ReconcileError = reconciler.run_once(Begin::Now).await.unwrap_err();
    assert_eq!(error.kind(), Kind::OpenInvoices);
    assert_eq!(
        error.source().map(ToString::to_string).as_deref(),
        Some("a database")
    );
    shop.work().await;
    assert_eq!(shop.effects().await, ["LISTED"]);
    let counts = reconcile(&reconciler).await?;
    assert_eq!((counts.stated, counts.stored), (4, 1));
    assert_eq!((counts.not_confirmed, counts.too_old), (1, 1));
    shop.work().await;
    assert_eq!(shop.effects().await, ["LISTED", "OPEN"]);
    Ok(())
}
