use std::{
    future::pending,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use cryptocloud_postback_inbox::{Confirm, Confirmation, Fields, Report};
use tokio::time::sleep;

/// What the vendor does when it is asked.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// States that the invoice is paid, with this order.
    Paid(&'static str),
    Says(Confirmation),
    Hangs,
    Panics,
    /// Takes this long, and then states that the invoice is paid as reported.
    Slow(Duration),
}

/// A vendor that does what a test wants; a clone is the same one.
#[derive(Clone, Debug)]
pub(crate) struct Vendor {
    asked: Arc<AtomicU32>,
    does: Arc<Mutex<Does>>,
}

impl Vendor {
    pub(crate) fn new(does: Does) -> Self {
        Self {
            asked: Arc::default(),
            does: Arc::new(Mutex::new(does)),
        }
    }

    pub(crate) fn down() -> Does {
        Does::Says(Confirmation::unavailable("connection refused"))
    }

    /// From now on.
    pub(crate) fn does(&self, does: Does) {
        *self.does.lock().unwrap_or_else(PoisonError::into_inner) = does;
    }

    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Confirm for Vendor {
    async fn confirm(&self, report: &Report) -> Confirmation {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let does = {
            let does = self.does.lock().unwrap_or_else(PoisonError::into_inner);
            does.clone()
        };
        let paid = |order_id| {
            Confirmation::Paid(Fields {
                order_id,
                invoice_info: Some(r#"{"status": "paid"}"#.into()),
                ..report.fields.clone()
            })
        };
        let reported = report.fields.order_id.clone();
        match does {
            Does::Paid(order) if reported.as_deref().is_none_or(|reported| reported == order) => {
                paid(Some(order.into()))
            }
            Does::Paid(_) => Confirmation::Differs("order differs".into()),
            Does::Says(confirmation) => confirmation,
            Does::Hangs => pending().await,
            Does::Panics => panic!("a bug of the confirmation"),
            Does::Slow(duration) => {
                sleep(duration).await;
                paid(reported)
            }
        }
    }
}
