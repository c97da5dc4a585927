//! What an operator can do.

use cryptocloud_postback::{Amount, Currency, InvoiceId, UnixTime};
use cryptocloud_postback_inbox::{
    Accepted, Credited, Decision, Inbox, Record, ReportId, State, StoreError, StoreErrorKind,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Backend, Error, Postbacks};

/// The body of a request that accepts a held payment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accept {
    /// What to credit. The order is paid if this is at least its price.
    #[schema(value_type = String, example = "25")]
    amount: Amount,
    /// The order to pay, if it is not the one that has this invoice.
    order_id: Option<String>,
}

/// The body of a request that dismisses a held payment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dismiss {
    /// Why it is not a payment.
    note: String,
}

/// A payment that waits for an operator. Only its invoice is proven.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Held {
    id: i64,
    project: String,
    /// `held`, or `conflict`.
    state: &'static str,
    reason: String,
    #[schema(value_type = String)]
    invoice_id: InvoiceId,
    order_id: Option<Box<str>>,
    #[schema(value_type = Option<String>)]
    amount: Option<Amount>,
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    /// In seconds since 1970.
    received_at: u64,
    /// What was credited of the same payment already, so that it cannot be accepted.
    credited: Option<Paid>,
}

/// What another report of a payment has paid.
#[derive(Debug, Serialize, ToSchema)]
struct Paid {
    /// What the operator credited, or else what was reported.
    #[schema(value_type = Option<String>)]
    amount: Option<Amount>,
    /// `null` if an operator named the amount, which is in the order's currency then.
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    order_id: Option<Box<str>>,
    /// In seconds since 1970.
    at: Option<u64>,
    /// The operator who accepted it.
    by: Option<Box<str>>,
}

impl Postbacks {
    /// The payments that wait for an operator: of each project, the oldest hundred of each state.
    pub(crate) async fn held(&self) -> Result<Vec<Held>, Error> {
        let mut held = Vec::new();
        for inbox in self.inboxes().await {
            for state in [State::Held, State::Conflict] {
                let records = inbox.list(state, None, 100).await?;
                for record in records {
                    let credited = inbox.credited(&record).await?;
                    held.push(Held::new(inbox.project(), &record, credited));
                }
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
        operator: Decision,
    ) -> Result<(), Error> {
        let (inbox, id) = self.find(id).await?;
        let mut accepted = Accepted::new(accept.amount);
        if let Some(order_id) = accept.order_id {
            let no_order = || Error::Refused(409, "no order has this id");
            accepted = accepted.order(&*order_id).map_err(|_| no_order())?;
            // The handler looks again, in the transaction that pays the order.
            let order = shop.order(&order_id).await?.ok_or_else(no_order)?;
            if order.paid_by.is_some() {
                return Err(Error::Refused(409, "order was paid already"));
            }
        }
        Ok(inbox.accept(id, &accepted, &operator).await?)
    }

    pub(crate) async fn dismiss(
        &self,
        id: i64,
        dismiss: Dismiss,
        operator: Decision,
    ) -> Result<(), Error> {
        let (inbox, id) = self.find(id).await?;
        Ok(inbox.discard(id, &operator.note(dismiss.note)).await?)
    }

    pub(crate) async fn retry(&self, id: i64, operator: Decision) -> Result<(), Error> {
        let (inbox, id) = self.find(id).await?;
        Ok(inbox.retry(id, &operator).await?)
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

impl Held {
    fn new(project: &str, record: &Record, credited: Option<Credited>) -> Self {
        let reason = match &record.hold {
            Some(hold) if hold.reason.is_empty() => hold.kind.as_str(),
            Some(hold) => &*hold.reason,
            None => "invoice was reported with other fields before",
        };
        let fields = &record.report.fields;
        Self {
            id: record.id.number(),
            project: project.to_owned(),
            state: record.state.as_str(),
            reason: reason.to_owned(),
            invoice_id: record.report.invoice_id().clone(),
            order_id: fields.order_id.clone(),
            amount: fields.amount_crypto,
            currency: fields.currency.clone(),
            received_at: record.received_at.as_secs(),
            credited: credited.map(Paid::new),
        }
    }
}

impl Paid {
    fn new(credited: Credited) -> Self {
        Self {
            amount: credited.amount,
            currency: credited.currency,
            order_id: credited.order_id,
            at: credited.at.map(UnixTime::as_secs),
            by: credited.by,
        }
    }
}

/// The inbox stores who decided what: the name in the header [`OPERATOR`].
pub(crate) fn operator(name: Option<&[u8]>) -> Decision {
    let name = name
        .and_then(|name| str::from_utf8(name).ok())
        .map(str::trim);
    let name = name.filter(|name| !name.is_empty());
    Decision::by(name.unwrap_or("operator"))
}

/// The header in which your login, such as a proxy, names the operator. It has to replace what the
/// client sent.
pub(crate) const OPERATOR: &str = "x-forwarded-user";
