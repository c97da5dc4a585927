use cryptocloud_postback_actix_web::core::{Mismatch, Status, Verified};
use serde::Serialize;

use crate::Order;

/// What became of a postback.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Payment {
    /// It was processed before.
    Duplicate,
    /// Its order is paid now.
    Paid,
    /// It is kept for a person.
    Unsettled(Reason),
}

/// Why a payment pays no order as it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Reason {
    /// The invoice has paid another order.
    #[error("invoice has paid another order")]
    InvoiceUsed,
    /// It is not what the order says.
    #[error(transparent)]
    Mismatch(Mismatch),
    /// It names no order, as those of payment links and static wallets do.
    #[error("payment names no order")]
    NoOrder,
    /// Another invoice has paid the order.
    #[error("order was paid by another invoice")]
    PaidBefore,
    /// The verifier lets other ones than `success` through.
    #[error("status is not success")]
    Status,
    /// It names an order that is not there.
    #[error("there is no such order")]
    UnknownOrder,
}

/// A payment that a person has to look at.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct UnsettledPayment {
    /// The invoice, which is proven.
    pub invoice_id: String,
    /// The reported order.
    pub order_id: Option<String>,
    /// The reported amount.
    pub amount: String,
    /// The reported currency.
    pub currency: String,
    /// Why it pays no order.
    pub reason: String,
    /// When it arrived, in UTC.
    pub received_at: String,
}

/// Invoice, order, amount, currency, reason and time.
pub(crate) type UnsettledRow = (String, Option<String>, String, String, String, String);

impl From<UnsettledRow> for UnsettledPayment {
    fn from(row: UnsettledRow) -> Self {
        let (invoice_id, order_id, amount, currency, reason, received_at) = row;
        Self {
            invoice_id,
            order_id,
            amount,
            currency,
            reason,
            received_at,
        }
    }
}

/// The order that this payment pays, of those that it names or has paid.
pub(crate) fn judge<'a>(orders: &'a [Order], postback: &Verified) -> Result<&'a Order, Reason> {
    let reported = postback.reported();
    if reported.status != Status::Success {
        return Err(Reason::Status);
    }
    let order_id = reported.order_id.as_deref().ok_or(Reason::NoOrder)?;
    let named = orders.iter().find(|order| order.id == order_id);
    let order = named.ok_or(Reason::UnknownOrder)?;
    postback
        .check(&order.expected())
        .map_err(Reason::Mismatch)?;
    let is_by_this =
        |order: &Order| order.paid_by.as_deref() == Some(postback.invoice_id().as_str());
    if order.paid_by.is_some() && !is_by_this(order) {
        return Err(Reason::PaidBefore);
    }
    match orders
        .iter()
        .any(|other| other.id != order.id && is_by_this(other))
    {
        true => Err(Reason::InvoiceUsed),
        false => Ok(order),
    }
}
