use cryptocloud_postback::{Amount, Currency, InvoiceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Error;

/// The body of a request that creates an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// The shop's own id.
    #[schema(example = "A-1", min_length = 1, max_length = 128)]
    pub id: String,
    /// An invoice that exists. Without it, a shop with an API KEY creates one.
    #[schema(value_type = Option<String>)]
    pub invoice_id: Option<InvoiceId>,
    /// The price.
    #[schema(value_type = String, example = "25")]
    pub amount: Amount,
    /// A coin, or the code of a fiat currency, such as `USD`.
    #[schema(value_type = String, example = "USD")]
    pub currency: Currency,
}

/// A row of the table `orders`.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Order {
    /// The shop's own id.
    pub id: String,
    /// The invoice, without its prefix `INV-`.
    pub invoice_id: Option<String>,
    /// The vendor's page, where the customer pays.
    pub link: Option<String>,
    /// The price, as a decimal string.
    pub amount: String,
    /// A coin, or the code of a fiat currency.
    pub currency: String,
    /// When it was created.
    pub created_at: String,
    /// The invoice that paid it.
    pub paid_by: Option<String>,
    /// When it was paid.
    pub paid_at: Option<String>,
}

impl NewOrder {
    /// Validates the request.
    ///
    /// # Errors
    ///
    /// Returns an error that says what is wrong.
    pub fn check(&self, creates_invoices: bool) -> Result<(), Error> {
        let refuse = |text| Err(Error::Refused(422, text));
        if !(1..=128).contains(&self.id.len()) || self.id.contains(char::is_control) {
            return refuse("id is empty, longer than 128 bytes, or has control characters");
        }
        let code = self.currency.as_str();
        let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        let is_coin = !matches!(self.currency, Currency::Other(_));
        if self.amount.as_decimal().is_zero() || !(is_coin || is_code) {
            return refuse("amount is zero, or currency is neither a coin nor a fiat currency");
        }
        if creates_invoices && self.invoice_id.is_none() && is_coin {
            return refuse("an invoice needs a price in a fiat currency, such as USD");
        }
        Ok(())
    }

    /// The invoice, without its prefix `INV-`.
    #[must_use]
    pub fn invoice_id(&self) -> Option<&str> {
        self.invoice_id.as_ref().map(InvoiceId::as_str)
    }

    /// Returns the stored order if the same request created it.
    ///
    /// # Errors
    ///
    /// Returns an error if another order has this id, or has this invoice, so that none is stored.
    pub fn same(&self, stored: Option<Order>) -> Result<Order, Error> {
        let invoice_id = self.invoice_id();
        let stored = stored.filter(|order| {
            order.currency == self.currency.as_str()
                && order.amount.parse().ok() == Some(self.amount)
                && (invoice_id.is_none() || invoice_id == order.invoice_id.as_deref())
        });
        stored.ok_or(Error::Refused(409, "another order has this id or invoice"))
    }
}
