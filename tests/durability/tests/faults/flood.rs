use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{sync::watch, task::JoinSet, time};

use crate::{
    TestResult,
    sender::{LIMIT, Sender, postback},
};

/// Payments that keep coming while a test breaks the store.
pub(super) struct Flood {
    is_over: Arc<AtomicBool>,
    paid: watch::Receiver<usize>,
    senders: JoinSet<usize>,
}

impl Flood {
    pub(super) fn start(sender: &Sender, url: &str) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let progress = Arc::new(watch::Sender::new(0));
        let paid = progress.subscribe();
        let mut senders = JoinSet::new();
        for number in 0..SENDERS {
            let (sender, urls) = (sender.clone(), [url.to_owned()]);
            let (is_over, progress) = (Arc::clone(&is_over), Arc::clone(&progress));
            senders.spawn(async move {
                let mut invoice = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let postback = postback(&format!("FLOOD{number}X{invoice}"), 0);
                    sender.send_until_paid(&urls, &postback).await;
                    progress.send_modify(|paid| *paid += 1);
                    invoice += 1;
                }
                invoice
            });
        }
        Self {
            is_over,
            paid,
            senders,
        }
    }

    /// Waits until this many more payments are paid.
    pub(super) async fn goes_on(&mut self, more: usize) -> TestResult {
        let paid = *self.paid.borrow() + more;
        time::timeout(LIMIT, self.paid.wait_for(|now| *now >= paid)).await??;
        Ok(())
    }

    /// Stops new payments, waits until all are paid, and returns their number.
    pub(super) async fn ends(self) -> usize {
        self.is_over.store(true, Ordering::Relaxed);
        self.senders.join_all().await.into_iter().sum()
    }
}

const SENDERS: usize = 8;
