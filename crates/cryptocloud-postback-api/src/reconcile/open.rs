use std::collections::{BTreeSet, HashSet};

use cryptocloud_postback::{InvoiceId, UnixTime};
use futures_util::TryStreamExt;

use super::{Outcome, ReconcileError, Reconciler, Reconciliation, reconciler::is_before};

impl Reconciler {
    /// Stores the merchant's open invoices that were paid after that time.
    ///
    /// The vendor states only in its list when an invoice was paid, so one that was created before that
    /// time is looked up there, among those of its day.
    pub(super) async fn consider_open(
        &self,
        open: &[InvoiceId],
        since: UnixTime,
        counts: &mut Reconciliation,
    ) -> Result<(), ReconcileError> {
        let confirmer = &self.0.confirmer;
        let (mut days, mut undated) = (BTreeSet::new(), HashSet::new());
        for invoice in confirmer.source().invoices(open).await? {
            let is_old = is_before(invoice.dated(), since);
            let info = invoice.info();
            match (info.created, info.date_finished) {
                (Some(created), None) if is_old && confirmer.policy().judge(&invoice).is_ok() => {
                    days.insert(created.date());
                    undated.insert(invoice.id().clone());
                }
                _ => counts.count(self.consider(&invoice, is_old, false).await?),
            }
        }
        for day in days {
            // It is not documented in which time zone the vendor counts days.
            let (first, last) = (day.previous_day(), day.next_day());
            let (first, last) = (first.unwrap_or(day), last.unwrap_or(day));
            let mut stated = confirmer.source().list(first, last);
            while let Some(invoice) = stated.try_next().await? {
                if undated.remove(invoice.id()) {
                    let is_old = is_before(invoice.dated(), since);
                    counts.count(self.consider(&invoice, is_old, false).await?);
                }
            }
        }
        for _ in undated {
            counts.count(Outcome::TooOld);
        }
        Ok(())
    }
}
