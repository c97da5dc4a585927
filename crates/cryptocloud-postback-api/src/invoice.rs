use std::fmt;

use cryptocloud_postback::{
    Amount, Currency, InvoiceId, InvoiceInfo, InvoiceStatus, MAX_BODY_BYTES, OffsetDateTime,
};
use serde_json::value::RawValue;

use crate::fields;

/// What the vendor states about an invoice.
///
/// It is read field by field: a field that is odd is `None`, as in [`InvoiceInfo`], and never costs
/// the others. Amounts are exact, and [`json`](Self::json) keeps what is not listed here.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback_api::{Invoice, core::InvoiceStatus};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let json = r#"{"uuid": "INV-ILRAJE1Q", "status": "paid", "received": 1e-05, "order_id": 17}"#;
/// let invoice = Invoice::parse(json).ok_or("not an invoice")?;
/// assert_eq!(invoice.id().as_str(), "ILRAJE1Q");
/// assert_eq!(invoice.status(), Some(&InvoiceStatus::Paid));
/// assert_eq!(invoice.received(), Some("0.00001".parse()?));
/// assert_eq!(invoice.order_id(), Some("17"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Invoice {
    id: InvoiceId,
    info: InvoiceInfo,
    json: Box<str>,
    link: Option<Box<str>>,
    order_id: Option<Box<str>>,
}

impl Invoice {
    /// Reads the JSON of an invoice; `None` if it is not an object with a readable `uuid`, or larger
    /// than a postback may be.
    #[must_use]
    pub fn parse(json: &str) -> Option<Self> {
        if json.len() > MAX_BODY_BYTES {
            return None;
        }
        let info = InvoiceInfo::parse(json);
        let [link, order_id] = fields::read(json, ["link", "order_id"])?;
        Some(Self {
            id: info.uuid.clone()?,
            info,
            json: json.into(),
            link: link.and_then(fields::text).filter(|link| is_web(link)),
            order_id: order_id.and_then(fields::text),
        })
    }

    /// The invoice's id. Store it with your order.
    #[must_use]
    pub fn id(&self) -> &InvoiceId {
        &self.id
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> Option<&InvoiceStatus> {
        self.info.status.as_ref()
    }

    /// The merchant's own id of the order, as the invoice was created with it.
    #[must_use]
    pub fn order_id(&self) -> Option<&str> {
        self.order_id.as_deref()
    }

    /// The page to send the customer to; `None` if it is missing or no `http` or `https` URL.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// The currency of the payment: a coin on a network. `None` until the customer has chosen it.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        let currency = self.info.currency.as_ref()?;
        let code = currency.fullcode.as_ref().or(currency.code.as_ref())?;
        Currency::parse(code).ok()
    }

    /// The invoiced amount in [`currency`](Self::currency).
    #[must_use]
    pub fn amount(&self) -> Option<Amount> {
        self.info.amount
    }

    /// What the merchant received in [`currency`](Self::currency), after the fees.
    #[must_use]
    pub fn received(&self) -> Option<Amount> {
        self.info.received
    }

    /// What the merchant received in US dollars, after the fees.
    #[must_use]
    pub fn received_usd(&self) -> Option<Amount> {
        self.info.received_usd
    }

    /// Whether this is a test and no payment; `None` if the vendor does not say.
    #[must_use]
    pub fn is_test(&self) -> Option<bool> {
        self.info.test_mode
    }

    /// When the payment was finished, or else when the invoice was created.
    #[must_use]
    pub fn dated(&self) -> Option<OffsetDateTime> {
        self.info.date_finished.or(self.info.created)
    }

    /// All fields that the API and a postback's `invoice_info` share.
    #[must_use]
    pub fn info(&self) -> &InvoiceInfo {
        &self.info
    }

    /// The JSON as it arrived.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Reads the elements of a list, and how many of them are no invoices.
    pub(crate) fn parse_all(elements: &[&RawValue]) -> (Vec<Self>, usize) {
        let parsed = elements.iter().filter_map(|json| Self::parse(json.get()));
        let invoices: Vec<_> = parsed.collect();
        let odd = elements.len().saturating_sub(invoices.len());
        (invoices, odd)
    }
}

impl fmt::Debug for Invoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invoice")
            .field("id", &self.id)
            .field("status", &self.status())
            .field("order_id", &self.order_id)
            .field("amount", &self.amount())
            .field("received", &self.received())
            .field("is_test", &self.is_test())
            .finish_non_exhaustive()
    }
}

/// A link goes into a page, where `javascript:` would run.
fn is_web(link: &str) -> bool {
    link.starts_with("https://") || link.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_odd_field_never_costs_the_others() -> Result<(), Box<dyn std::error::Error>> {
        let odd = [
            "null",
            "true",
            "17",
            "1e999",
            r#""text""#,
            "[]",
            "{}",
            r#"{"uuid":1}"#,
        ];
        for name in [
            "order_id",
            "link",
            "amount",
            "received",
            "currency",
            "test_mode",
            "created",
        ] {
            for value in odd {
                let json = format!(
                    r#"{{"uuid":"INV-A","{name}":{value},"status":"paid","received_usd":2.50}}"#
                );
                let invoice = Invoice::parse(&json).ok_or(format!("not read: {json}"))?;
                assert_eq!(invoice.status(), Some(&InvoiceStatus::Paid), "{json}");
                assert_eq!(invoice.received_usd(), Some("2.5".parse()?), "{json}");
                assert_eq!(invoice.json(), json);
            }
        }
        Ok(())
    }

    #[test]
    fn order_and_link() -> Result<(), Box<dyn std::error::Error>> {
        #[track_caller]
        fn check(json: &str, order_id: Option<&str>, link: Option<&str>) -> Result<(), String> {
            let json = format!(r#"{{"uuid":"INV-A",{json}}}"#);
            let invoice = Invoice::parse(&json).ok_or_else(|| format!("not read: {json}"))?;
            assert_eq!(
                (invoice.order_id(), invoice.link()),
                (order_id, link),
                "{json}"
            );
            Ok(())
        }
        check(
            r#""order_id":"A 1","link":"https://a/b""#,
            Some("A 1"),
            Some("https://a/b"),
        )?;
        check(
            r#""order_id":12345678901234567890123"#,
            Some("12345678901234567890123"),
            None,
        )?;
        check(r#""order_id":"","link":"""#, None, None)?;
        check(r#""order_id":null,"link":null"#, None, None)?;
        check(r#""order_id":"A\u0000","link":"https://a/\n""#, None, None)?;
        check(
            r#""order_id":["A"],"link":"javascript:alert(1)""#,
            None,
            None,
        )?;
        // Readers differ in which of the two they take, so neither is taken.
        check(r#""order_id":"A","order_id":"B""#, None, None)?;
        check(r#""order_id":"A","order\u005fid":"B""#, None, None)?;
        Ok(())
    }

    #[test]
    fn without_an_id_it_is_no_invoice() {
        for json in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"uuid":null}"#,
            r#"{"uuid":"INV-"}"#,
            r#"{"uuid":1}"#,
        ] {
            assert!(Invoice::parse(json).is_none(), "{json}");
        }
        assert!(Invoice::parse(r#"{"uuid":"A","uuid":"B"}"#).is_none());
        let large = format!(r#"{{"uuid":"A","a":"{}"}}"#, "a".repeat(MAX_BODY_BYTES));
        assert!(Invoice::parse(&large).is_none());
    }

    #[test]
    fn unknown_codes_are_kept() -> Result<(), Box<dyn std::error::Error>> {
        let json =
            r#"{"uuid":"A","status":"refunded","currency":{"code":"NEW","fullcode":"NEW_NET"}}"#;
        let invoice = Invoice::parse(json).ok_or("not read")?;
        assert_eq!(
            invoice.status().map(InvoiceStatus::as_str),
            Some("refunded")
        );
        assert_eq!(
            invoice.currency().as_ref().map(Currency::as_str),
            Some("NEW_NET")
        );
        Ok(())
    }
}
