use std::sync::Arc;

use tokio::{sync::watch, task::JoinSet, time};

use crate::{
    TestResult,
    sender::{LIMIT, Sender, postback},
};

/// Payments that keep coming while a test breaks something.
pub(super) struct Flood {
    paid: watch::Receiver<usize>,
    senders: JoinSet<()>,
}

impl Flood {
    pub(super) fn start(sender: &Sender, url: &str) -> Self {
        let progress = Arc::new(watch::Sender::new(0));
        let paid = progress.subscribe();
        let mut senders = JoinSet::new();
        for number in 0..SENDERS {
            let (sender, urls) = (sender.clone(), [url.to_owned()]);
            let progress = Arc::clone(&progress);
            senders.spawn(async move {
                for invoice in 0..INVOICES {
                    let postback = postback(&format!("FLOOD{number}X{invoice}"), 0);
                    sender.send_until_paid(&urls, &postback).await;
                    progress.send_modify(|paid| *paid += 1);
                }
            });
        }
        Self { paid, senders }
    }

    /// Waits until this many more are paid.
    pub(super) async fn goes_on(&mut self, more: usize) -> TestResult {
        let paid = *self.paid.borrow() + more;
        time::timeout(LIMIT, self.paid.wait_for(|now| *now >= paid)).await??;
        Ok(())
    }

    /// Waits until all are paid, and says how many.
    pub(super) async fn ends(self) -> usize {
        self.senders.join_all().await;
        SENDERS * INVOICES
    }
}

const INVOICES: usize = 40;
const SENDERS: usize = 8;
