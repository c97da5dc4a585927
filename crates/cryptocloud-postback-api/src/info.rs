use std::collections::{HashMap, HashSet, hash_map::Entry};

use cryptocloud_postback::InvoiceId;
use serde_json::{json, value::RawValue};

use crate::{Api, ApiError, ApiErrorKind, Invoice, retry::Repeat};

impl Api {
    /// Asks what the vendor states about these invoices, in batches of 100.
    ///
    /// The result has invoices that were asked for, each at most once, in that order.
    /// One that the vendor does not know is missing.
    /// Missing is also one about which a response says two different things; the log has a warning.
    ///
    /// # Errors
    ///
    /// Returns an error of any kind but `Endless`, `Other` and `Rejected`.
    pub async fn invoices(&self, ids: &[InvoiceId]) -> Result<Vec<Invoice>, ApiError> {
        let mut known = HashSet::new();
        let ids: Vec<_> = ids.iter().filter(|id| known.insert(*id)).collect();
        let mut batches: Vec<_> = ids.chunks(MAX_BATCH).rev().collect();
        let mut invoices = Vec::new();
        while let Some(batch) = batches.pop() {
            match self.batch(batch).await {
                Ok(stated) => invoices.extend(stated),
                Err(error) if error.kind() == ApiErrorKind::Rejected => match batch {
                    // It is not documented what an unknown id does to the others: find it.
                    [_, _, ..] => {
                        let (first, second) = batch.split_at(batch.len() / 2);
                        batches.extend([second, first]);
                    }
                    _ => tracing::warn!("vendor refused the id of an invoice: {error}"),
                },
                Err(error) => return Err(error),
            }
        }
        Ok(invoices)
    }

    async fn batch(&self, ids: &[&InvoiceId]) -> Result<Vec<Invoice>, ApiError> {
        let request = json!({ "uuids": ids });
        let path = "/v2/invoice/merchant/info";
        let body = self.call(path, &request, Repeat::Always).await?;
        let elements: Vec<&RawValue> = body.result()?;
        let (invoices, odd) = Invoice::parse_all(&elements);
        let mut stated = HashMap::new();
        let mut contradictory = 0_u32;
        for invoice in invoices {
            match stated.entry(invoice.id().clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(Some(invoice));
                }
                Entry::Occupied(mut entry) => {
                    let first: Option<&Invoice> = entry.get().as_ref();
                    if first.is_none_or(|first| first.json() != invoice.json()) {
                        contradictory = contradictory.saturating_add(1);
                        entry.insert(None);
                    }
                }
            }
        }
        let asked = ids.iter().filter_map(|id| stated.remove(*id)?).collect();
        let unasked = stated.len();
        if odd > 0 || unasked > 0 || contradictory > 0 {
            tracing::warn!(
                odd,
                unasked,
                contradictory,
                "dropped elements of the API's response"
            );
        }
        Ok(asked)
    }
}

/// The vendor's limit.
const MAX_BATCH: usize = 100;
