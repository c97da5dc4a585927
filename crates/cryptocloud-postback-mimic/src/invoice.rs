use std::{
    fmt,
    ops::{Index, IndexMut},
};

use cryptocloud_postback::{
    Amount, Decimal, InvoiceStatus, OffsetDateTime,
    testing::{NOW, PostbackBuilder},
};
use serde_json::{Value, json};
use time::macros::format_description;

use crate::{Error, Payment, python};

/// An invoice: the JSON that the API and its postbacks show.
///
/// A test can read and set each field by its name, also to what the vendor never sends:
///
/// ```
/// # use cryptocloud_postback_mimic::{Invoice, InvoiceStatus};
/// let mut invoice = Invoice::new("ILRAJE1Q", InvoiceStatus::Paid);
/// assert_eq!(invoice["received"], 24.5);
/// invoice["test_mode"] = true.into();
/// ```
#[derive(Clone, Debug)]
pub struct Invoice(Value);

impl Invoice {
    /// An invoice of 25 US dollars in USDT, created on 2026-01-01 and, if it is paid, finished just now.
    #[must_use]
    pub fn new(id: &str, status: InvoiceStatus) -> Self {
        let postback = PostbackBuilder::new("").at(NOW).invoice_id(id);
        let postback = postback.amount("25.0").usd("25.0").currency("USDT_TRC20");
        let mut invoice = Self::unpaid(&postback);
        // A status that no payment leads to changes nothing else.
        let _ = invoice.pay(&status.clone().into());
        invoice["status"] = status.as_str().into();
        invoice
    }

    /// The invoice that this postback is about, before it was paid.
    #[must_use]
    pub fn unpaid(postback: &PostbackBuilder) -> Self {
        let mut body = body(postback);
        let mut invoice = Self(body["invoice_info"].take());
        invoice["order_id"] = body["order_id"].take();
        if invoice["fiat_currency"].is_null() {
            invoice["fiat_currency"] = "USD".into();
        }
        for (name, value) in [
            // The customer has not chosen a coin.
            ("address", json!("")),
            ("amount_paid", json!(0)),
            ("date_finished", Value::Null),
            ("invoice_id", Value::Null),
            ("invoice_status", json!("created")),
            ("received", json!(0)),
            ("received_usd", json!(0)),
            ("side_commission_cc", json!("merchant")),
            ("status", json!("created")),
        ] {
            invoice[name] = value;
        }
        invoice
    }

    /// The id without `INV-`.
    #[must_use]
    pub fn id(&self) -> &str {
        bare(self["uuid"].as_str().unwrap_or_default())
    }

    /// The postback of the payment, which agrees with what the API shows.
    pub fn postback(&self, secret: &str) -> PostbackBuilder {
        let mut postback = self.paid(secret, &self.text("amount_paid"));
        for (name, value) in self.0.as_object().into_iter().flatten() {
            if !is_in(API_ONLY, name) {
                postback = postback.info_field(name, python::json(value));
            }
        }
        postback
    }

    /// Pays or cancels the invoice. The payment that it has already changes nothing.
    pub(crate) fn pay(&mut self, payment: &Payment) -> Result<(), Error> {
        use InvoiceStatus::{Canceled, Overpaid, Paid, Partial};
        let is_repeated = self["status"] == *payment.status.as_str();
        let is_created = self["status"] == "created";
        if payment.status == Canceled && is_created {
            self["status"] = "canceled".into();
            self["invoice_status"] = "canceled".into();
            return Ok(());
        }
        let before = decimal(&self["amount_paid"]).unwrap_or_default();
        let amount = decimal(&self["amount"]).unwrap_or_default();
        let paid = payment.received.unwrap_or(match payment.status {
            _ if is_repeated => before,
            Overpaid => amount.saturating_mul(Decimal::TWO),
            Paid => amount,
            Partial => amount / Decimal::TWO,
            _ => Decimal::ZERO,
        });
        if is_repeated && paid == before {
            return Ok(());
        }
        let mut body = body(&self.paid("", &paid.to_string()));
        let after = &mut body["invoice_info"];
        let is_open = is_created || self["status"] == "partial";
        if !is_open || paid.is_zero() || after["status"] != *payment.status.as_str() {
            return Err(Error::NotAllowed);
        }
        for name in PAID.split(' ') {
            self[name] = after[name].take();
        }
        self["date_finished"] = date(OffsetDateTime::now_utc());
        self["test_mode"] = payment.test_mode.into();
        Ok(())
    }

    /// The invoice as a call at this URL shows it, without what it leaves out.
    pub(crate) fn shown(&self, url: &str, left_out: &str) -> Value {
        let mut shown = self.0.clone();
        shown["link"] = format!("{url}/pay/INV-{}", self.id()).into();
        if let Some(fields) = shown.as_object_mut() {
            fields.retain(|name, _| !is_in(POSTBACK_ONLY, name) && !is_in(left_out, name));
        }
        shown
    }

    /// The postback, if this was paid for the invoice as it was created.
    fn paid(&self, secret: &str, paid: &str) -> PostbackBuilder {
        let postback = PostbackBuilder::new(secret)
            .invoice_id(self.id())
            .amount(&self.text("amount"))
            .paid(paid)
            .currency(self["currency"]["fullcode"].as_str().unwrap_or_default())
            .usd(&self.text("amount_usd"));
        match self["order_id"].as_str() {
            Some(id) => postback.order_id(id),
            None => postback,
        }
    }

    /// The JSON of a field.
    fn text(&self, field: &str) -> String {
        python::json(&self[field])
    }
}

/// The value of a field; null if there is none.
impl Index<&str> for Invoice {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.0[field]
    }
}

impl IndexMut<&str> for Invoice {
    fn index_mut(&mut self, field: &str) -> &mut Value {
        &mut self.0[field]
    }
}

/// The JSON of all fields.
impl fmt::Display for Invoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&python::json(&self.0))
    }
}

/// An id without `INV-`.
pub(crate) fn bare(uuid: &str) -> &str {
    uuid.strip_prefix("INV-").unwrap_or(uuid)
}

/// As the vendor writes it: in UTC.
pub(crate) fn date(time: OffsetDateTime) -> Value {
    let format =
        format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:6]");
    time.format(format).unwrap_or_default().into()
}

/// From a JSON number or a string.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    let amount = match value {
        Value::String(text) => Amount::parse(text),
        other => Amount::parse(&other.to_string()),
    };
    amount.ok().map(Amount::as_decimal)
}

fn body(postback: &PostbackBuilder) -> Value {
    let unsigned = postback.clone().token("").json();
    serde_json::from_slice(&unsigned.body()).unwrap_or_default()
}

fn is_in(names: &str, name: &str) -> bool {
    names.split(' ').any(|known| known == name)
}

/// What a payment changes.
const PAID: &str = "address amount_paid amount_paid_usd invoice_status received received_usd \
                    service_fee service_fee_usd status to_surcharge to_surcharge_usd";

const API_ONLY: &str = "invoice_id link order_id side_commission_cc";

const POSTBACK_ONLY: &str = "amount_ amount_in_crypto amount_paid amount_paid_usd amount_to_pay \
                             amount_to_pay_usd aml_checks aml_enabled aml_side links_invoice step \
                             to_surcharge to_surcharge_usd total_rub tx_list type";

/// What the calls leave out.
pub(crate) const CREATE: &str = "date_finished invoice_status order_id received received_usd";
pub(crate) const INFO: &str = "date_finished";
pub(crate) const LIST: &str = "";
