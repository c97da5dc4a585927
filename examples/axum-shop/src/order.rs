use cryptocloud_postback_axum::core::{Amount, Currency, Expected};
use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};
use serde::{Deserialize, Serialize};

use crate::Error;

/// The body of `POST /orders`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderForm {
    id: Option<String>,
    amount: String,
    currency: String,
}

/// An order to be created.
#[derive(Clone, Debug)]
pub struct NewOrder {
    pub(crate) id: Option<String>,
    pub(crate) amount: Amount,
    pub(crate) currency: Currency,
}

impl NewOrder {
    /// Without an id the database makes one.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for what no postback could ever pay.
    pub fn parse(id: Option<String>, amount: &str, currency: &str) -> Result<Self, Error> {
        if id.as_deref().is_some_and(|id| !is_order_id(id)) {
            return Err(Error::Invalid(
                "id is not 1 to 128 bytes without control characters",
            ));
        }
        let amount = Amount::parse(amount)
            .ok()
            .filter(|amount| !amount.as_decimal().is_zero())
            .ok_or(Error::Invalid("amount is not a decimal number above zero"))?;
        let currency = Currency::parse(currency)
            .ok()
            .filter(|currency| !matches!(currency, Currency::Other(_)))
            .ok_or(Error::Invalid("currency is not a code of the vendor's"))?;
        Ok(Self {
            id,
            amount,
            currency,
        })
    }
}

impl TryFrom<OrderForm> for NewOrder {
    type Error = Error;

    fn try_from(form: OrderForm) -> Result<Self, Error> {
        Self::parse(form.id, &form.amount, &form.currency)
    }
}

/// An order.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Order {
    /// The merchant's own number of it, which the invoice carries as `order_id`.
    pub id: String,
    /// What it costs.
    pub amount: Amount,
    /// In this currency.
    pub currency: Currency,
    /// When it was created, in UTC.
    pub created_at: String,
    /// The invoice that paid it.
    pub paid_by: Option<String>,
    /// When that was, in UTC.
    pub paid_at: Option<String>,
    /// The format of the postback, `json` or `form`.
    pub paid_format: Option<String>,
}

impl Order {
    pub(crate) fn expected(&self) -> Expected {
        Expected::order(self.id.as_str())
            .currency(self.currency.clone())
            .amount(self.amount)
    }
}

/// The columns in the order of the fields.
pub(crate) type OrderRow = (
    String,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
);

impl TryFrom<OrderRow> for Order {
    type Error = Error;

    fn try_from(row: OrderRow) -> Result<Self, Error> {
        let (id, amount, currency, created_at, paid_by, paid_at, paid_format) = row;
        Ok(Self {
            id,
            amount: Amount::parse(&amount).map_err(corrupt)?,
            currency: Currency::parse(&currency).map_err(corrupt)?,
            created_at,
            paid_by,
            paid_at,
            paid_format,
        })
    }
}

/// Somebody has changed the row by hand.
fn corrupt(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    StoreError::new(StoreErrorKind::Corrupt, error).into()
}

/// What a postback could carry. PostgreSQL cannot hold NUL.
pub(crate) fn is_order_id(text: &str) -> bool {
    let is_fit = |c: char| !c.is_control() && c != char::REPLACEMENT_CHARACTER;
    (1..=128).contains(&text.len()) && text.chars().all(is_fit)
}
