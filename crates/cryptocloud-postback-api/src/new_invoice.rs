use std::time::Duration;

use cryptocloud_postback::{Amount, Currency};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// An invoice to [create](crate::Api::create_invoice).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cryptocloud_postback_api::{NewInvoice, core::Currency};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let invoice = NewInvoice::new("your-shop-id", "10.50".parse()?)
///     .currency("EUR")
///     .order_id("ORDER_93223")
///     .time_to_pay(Duration::from_secs(90 * 60))
///     .available_currencies([Currency::UsdtTrc20, Currency::Btc]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize)]
#[must_use]
pub struct NewInvoice {
    shop_id: Box<str>,
    #[serde(serialize_with = "number")]
    amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Box<str>>,
    add_fields: AddFields,
}

#[derive(Clone, Debug, Default, Serialize)]
struct AddFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    time_to_pay: Option<TimeToPay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_to_send: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    available_currencies: Option<Vec<Currency>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cryptocurrency: Option<Currency>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct TimeToPay {
    hours: u64,
    minutes: u64,
}

impl NewInvoice {
    /// An invoice of this shop, that is the project, over this amount of US dollars.
    pub fn new(shop_id: impl Into<Box<str>>, amount: Amount) -> Self {
        Self {
            shop_id: shop_id.into(),
            amount,
            currency: None,
            order_id: None,
            email: None,
            add_fields: AddFields::default(),
        }
    }

    /// The fiat currency of the amount, such as `EUR`. Defaults to US dollars.
    pub fn currency(mut self, code: impl Into<Box<str>>) -> Self {
        self.currency = Some(code.into());
        self
    }

    /// Your own id of the order. It comes back in the postback, where the token does not sign it.
    pub fn order_id(mut self, id: impl Into<Box<str>>) -> Self {
        self.order_id = Some(id.into());
        self
    }

    /// The customer's e-mail address.
    pub fn email(mut self, address: impl Into<Box<str>>) -> Self {
        self.email = Some(address.into());
        self
    }

    /// `email_to_send`: the address to which the vendor sends the invoice.
    pub fn email_to_send(mut self, address: impl Into<Box<str>>) -> Self {
        self.add_fields.email_to_send = Some(address.into());
        self
    }

    /// How long the invoice can be paid, in whole minutes.
    pub fn time_to_pay(mut self, time: Duration) -> Self {
        let minutes = time.as_secs() / 60;
        self.add_fields.time_to_pay = Some(TimeToPay {
            hours: minutes / 60,
            minutes: minutes % 60,
        });
        self
    }

    /// The currencies among which the customer can choose.
    pub fn available_currencies(mut self, currencies: impl IntoIterator<Item = Currency>) -> Self {
        self.add_fields.available_currencies = Some(currencies.into_iter().collect());
        self
    }

    /// The currency in which the customer pays.
    pub fn cryptocurrency(mut self, currency: Currency) -> Self {
        self.add_fields.cryptocurrency = Some(currency);
        self
    }
}

/// As the digits say, not through a float.
fn number<S: Serializer>(amount: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
    let json = RawValue::from_string(amount.to_string()).map_err(serde::ser::Error::custom)?;
    json.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent() -> Result<(), Box<dyn std::error::Error>> {
        let least = NewInvoice::new("shop", "0.1000000000000000055".parse()?);
        assert_eq!(
            serde_json::to_string(&least)?,
            r#"{"shop_id":"shop","amount":0.1000000000000000055,"add_fields":{}}"#
        );
        let most = least
            .currency("EUR")
            .order_id("A 1")
            .email("a@example.com")
            .email_to_send("b@example.com")
            .time_to_pay(Duration::from_secs(5_430))
            .available_currencies([Currency::Btc, Currency::UsdtTrc20])
            .cryptocurrency(Currency::Btc);
        assert_eq!(
            serde_json::to_string(&most)?,
            concat!(
                r#"{"shop_id":"shop","amount":0.1000000000000000055,"currency":"EUR","#,
                r#""order_id":"A 1","email":"a@example.com","add_fields":{"#,
                r#""time_to_pay":{"hours":1,"minutes":30},"email_to_send":"b@example.com","#,
                r#""available_currencies":["BTC","USDT_TRC20"],"cryptocurrency":"BTC"}}"#
            )
        );
        Ok(())
    }
}
