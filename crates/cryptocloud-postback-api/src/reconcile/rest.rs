//! Whether the vendor states more as paid than what a report said.

use cryptocloud_postback::{Amount, InvoiceInfo, InvoiceStatus};
use cryptocloud_postback_inbox::Fields;

use super::reported;
use crate::{
    Invoice,
    policy::{Policy, is_other_coin},
};

/// What was paid, if this statement of a payment in full says that it is more than what a report said.
/// What was not reported, or in another coin, is less.
pub(super) fn paid_beyond(policy: &Policy, said: &Fields, stated: &Invoice) -> Option<Amount> {
    let paid = paid(stated)?;
    let reported = reported(said);
    // The postback of a part may report the invoiced amount.
    let amount = reported.amount.filter(|_| !is_partial(said));
    let is_all = amount.is_some_and(|amount| {
        // Before the fees, as it was paid, or after them.
        policy.reaches(amount, paid.as_decimal()) || Some(amount) == stated.received()
    });
    (!is_all || is_other_coin(reported.currency, stated)).then_some(paid)
}

/// What the payer paid, before the fees: the invoiced amount, and of an overpaid invoice the most that
/// any amount says.
fn paid(stated: &Invoice) -> Option<Amount> {
    let amounts = [
        stated.amount(),
        stated.info().amount_paid,
        stated.received(),
    ];
    match stated.status() {
        Some(InvoiceStatus::Overpaid) => amounts.into_iter().flatten().max(),
        _ => stated.amount().or(stated.received()),
    }
}

/// Whether a report says itself that only a part was paid.
fn is_partial(said: &Fields) -> bool {
    let info = said.invoice_info.as_deref().map(InvoiceInfo::parse);
    info.is_some_and(|info| info.status == Some(InvoiceStatus::Partial))
}
