//! What an operator can do.

use cryptocloud_postback::Amount;
use cryptocloud_postback_inbox::{
    Accepted, Decision, Inbox, Record, ReportId, State, StoreError, StoreErrorKind,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Backend, Error, Postbacks};

/// The body of a request that accepts a held payment.
#[derive(Debug, Deserialize)]
pub(crate) struct Accept {
    /// What to credit. The order is paid if this is at least its price.
    amount: Amount,
    /// The order to pay, if it is not the one that has this invoice.
    order_id: Option<String>,
}

/// The body of a request that dismisses a held payment.
#[derive(Debug, Deserialize)]
pub(crate) struct Dismiss {
    /// Why it is not a payment.
    note: String,
}

impl Postbacks {
    /// The payments that wait for an operator: of each project, the oldest hundred of each state.
    pub(crate) async fn held(&self) -> Result<Vec<Value>, Error> {
        let mut held = Vec::new();
        for inbox in self.inboxes().await {
            for state in [State::Held, State::Conflict] {
                let records = inbox.list(state, None, 100).await?;
                held.extend(
                    records
                        .iter()
                        .map(|record| to_json(inbox.project(), record)),
                );
            }
        }
        Ok(held)
    }

    /// A worker pays the order at once.
    pub(crate) async fn accept(
        &self,
        shop: &impl Backend,
        id: i64,
        accept: Accept,
    ) -> Result<(), Error> {
        let (inbox, id) = self.find(id).await?;
        let mut accepted = Accepted::new(accept.amount);
        if let Some(order_id) = accept.order_id {
            let no_order = Error::Refused(409, "no unpaid order has this id");
            let Ok(named) = accepted.order(&*order_id) else {
                return Err(no_order);
            };
            // The handler looks again, in the transaction that pays the order.
            let order = shop.order(&order_id).await?;
            if order.is_none_or(|order| order.paid_by.is_some()) {
                return Err(no_order);
            }
            accepted = named;
        }
        Ok(inbox.accept(id, &accepted, &operator()).await?)
    }

    pub(crate) async fn dismiss(&self, id: i64, dismiss: Dismiss) -> Result<(), Error> {
        let (inbox, id) = self.find(id).await?;
        Ok(inbox.discard(id, &operator().note(dismiss.note)).await?)
    }

    pub(crate) async fn retry(&self, id: i64) -> Result<(), Error> {
        let (inbox, id) = self.find(id).await?;
        Ok(inbox.retry(id, &operator()).await?)
    }

    /// The inbox of a report, whose id is unique in the store.
    async fn find(&self, id: i64) -> Result<(Inbox, ReportId), StoreError> {
        let id = ReportId::from_number(id);
        for inbox in self.inboxes().await {
            if inbox.get(id).await?.is_some() {
                return Ok((inbox, id));
            }
        }
        Err(StoreErrorKind::NotFound.into())
    }
}

/// Only the invoice is proven.
fn to_json(project: &str, record: &Record) -> Value {
    let reason = match (record.state, &record.hold) {
        (State::Held, Some(hold)) if hold.reason.is_empty() => hold.kind.as_str(),
        (State::Held, Some(hold)) => &*hold.reason,
        _ => "invoice was reported with other fields before",
    };
    json!({
        "id": record.id.number(),
        "project": project,
        "state": record.state.as_str(),
        "reason": reason,
        "invoice_id": record.report.invoice_id(),
        "order_id": record.report.fields.order_id,
        "amount": record.report.fields.amount_crypto,
        "currency": record.report.fields.currency,
        "received_at": record.received_at.as_secs(),
    })
}

/// Take the name from your login: the inbox stores who decided what.
fn operator() -> Decision {
    Decision::by("operator")
}
