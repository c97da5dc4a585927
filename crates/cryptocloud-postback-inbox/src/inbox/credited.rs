use cryptocloud_postback::{Amount, Currency, UnixTime};

use super::Inbox;
use crate::{Accepted, Event, Record, ReportId, State, StoreError};

/// What was credited of a payment already, by another report of it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Credited {
    /// The report that is done.
    pub id: ReportId,
    /// The amount that an operator named, or else the reported one; `None` if there is none, or if
    /// the retention has cleared it.
    pub amount: Option<Amount>,
    /// The currency of a reported amount; `None` for an accepted one, which is in the
    /// [order's unit](Accepted::amount).
    pub currency: Option<Currency>,
    /// The order that an operator named, or else the reported one.
    pub order_id: Option<Box<str>>,
    /// When it was settled.
    pub at: Option<UnixTime>,
    /// The operator who accepted it; `None` if the handler credited it without one.
    pub by: Option<Box<str>>,
}

impl Inbox {
    /// Finds what was credited already of the payment of a report that waits for an operator. Show it
    /// beside the report: accepting it is refused then, and only the rest is still to be credited or
    /// refunded.
    ///
    /// # Errors
    ///
    /// Returns an error if the database call fails.
    pub async fn credited(&self, record: &Record) -> Result<Option<Credited>, StoreError> {
        let identity = &record.report.identity;
        let others = self.find(identity.invoice_id().as_str()).await?;
        let is_done = |other: &Record| {
            other.state == State::Done
                && other.report.identity == *identity
                && other.id != record.id
        };
        let Some(done) = others.into_iter().find(is_done) else {
            return Ok(None);
        };
        let fields = done.report.fields;
        let accepted = done.accepted.as_ref();
        let by = match accepted {
            Some(_) => self.accepted_by(done.id).await?,
            None => None,
        };
        let named = accepted.and_then(Accepted::order_id).map(Into::into);
        Ok(Some(Credited {
            id: done.id,
            amount: accepted.map(Accepted::amount).or(fields.amount_crypto),
            currency: fields.currency.filter(|_| accepted.is_none()),
            order_id: named.or(fields.order_id),
            at: done.settled_at,
            by,
        }))
    }

    async fn accepted_by(&self, id: ReportId) -> Result<Option<Box<str>>, StoreError> {
        let mut decisions = self.history(id).await?.into_iter().rev();
        let last = decisions.find(|decided| decided.event == Event::Accept);
        Ok(last.map(|decided| decided.decision.by))
    }
}
