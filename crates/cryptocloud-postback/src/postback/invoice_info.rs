//! `invoice_info`, with all fields of the vendor's example.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;
use time::{
    OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem,
    macros::format_description,
};

use crate::{Amount, InvoiceId, InvoiceStatus, Status, error::Cause};

/// What `invoice_info` reports about an invoice; the vendor sends it in JSON only.
///
/// None of it is signed.
/// A field that is missing or null is None, and a field that is not here is ignored.
/// Amounts without a unit in their name are in the currency of the payment, those in `_usd` in US
/// dollars.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct InvoiceInfo {
    /// The invoice; equal to [`Postback::invoice_id`](crate::Postback::invoice_id) in a verified
    /// postback.
    #[serde(deserialize_with = "invoice_id")]
    pub uuid: Option<InvoiceId>,
    /// When the invoice was made, in UTC.
    #[serde(deserialize_with = "timestamp")]
    pub created: Option<OffsetDateTime>,
    /// The address that was paid to.
    pub address: Option<String>,
    /// The currency of the payment.
    pub currency: Option<CurrencyInfo>,
    /// When the payment was finished, in UTC. It can lie before [`created`](Self::created).
    #[serde(deserialize_with = "timestamp")]
    pub date_finished: Option<OffsetDateTime>,
    /// When the invoice expires, in UTC.
    #[serde(deserialize_with = "timestamp")]
    pub expiry_date: Option<OffsetDateTime>,
    /// Who pays the fee, such as `client`.
    pub side_commission: Option<String>,
    /// The kind of payment, such as `crypto`.
    pub type_payments: Option<String>,
    /// `amount`
    #[serde(deserialize_with = "amount")]
    pub amount: Option<Amount>,
    /// `amount_`
    #[serde(deserialize_with = "amount")]
    pub amount_: Option<Amount>,
    /// The status of the invoice.
    #[serde(deserialize_with = "invoice_status")]
    pub status: Option<InvoiceStatus>,
    /// The status of the payment.
    #[serde(deserialize_with = "status")]
    pub invoice_status: Option<Status>,
    /// Whether the payer has to give an e-mail address.
    pub is_email_required: Option<bool>,
    /// The merchant's project.
    pub project: Option<Project>,
    /// The hashes of the transactions; the vendor also sends one empty text.
    pub tx_list: Option<Vec<String>>,
    /// `amount_in_crypto`
    #[serde(deserialize_with = "amount")]
    pub amount_in_crypto: Option<Amount>,
    /// `amount_in_fiat`
    #[serde(deserialize_with = "amount")]
    pub amount_in_fiat: Option<Amount>,
    /// `amount_usd`
    #[serde(deserialize_with = "amount")]
    pub amount_usd: Option<Amount>,
    /// `amount_to_pay`
    #[serde(deserialize_with = "amount")]
    pub amount_to_pay: Option<Amount>,
    /// `amount_to_pay_usd`
    #[serde(deserialize_with = "amount")]
    pub amount_to_pay_usd: Option<Amount>,
    /// `amount_paid`
    #[serde(deserialize_with = "amount")]
    pub amount_paid: Option<Amount>,
    /// `amount_paid_usd`
    #[serde(deserialize_with = "amount")]
    pub amount_paid_usd: Option<Amount>,
    /// `fee`
    #[serde(deserialize_with = "amount")]
    pub fee: Option<Amount>,
    /// `fee_usd`
    #[serde(deserialize_with = "amount")]
    pub fee_usd: Option<Amount>,
    /// `service_fee`
    #[serde(deserialize_with = "amount")]
    pub service_fee: Option<Amount>,
    /// `service_fee_usd`
    #[serde(deserialize_with = "amount")]
    pub service_fee_usd: Option<Amount>,
    /// What the merchant gets.
    #[serde(deserialize_with = "amount")]
    pub received: Option<Amount>,
    /// `received_usd`
    #[serde(deserialize_with = "amount")]
    pub received_usd: Option<Amount>,
    /// What is still to be paid.
    #[serde(deserialize_with = "amount")]
    pub to_surcharge: Option<Amount>,
    /// `to_surcharge_usd`
    #[serde(deserialize_with = "amount")]
    pub to_surcharge_usd: Option<Amount>,
    /// `total_rub`
    #[serde(deserialize_with = "amount")]
    pub total_rub: Option<Amount>,
    /// `step`
    pub step: Option<i64>,
    /// Whether this is a test and no payment.
    pub test_mode: Option<bool>,
    /// `type`, such as `up`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whether the payment was checked against money laundering.
    pub aml_enabled: Option<bool>,
    /// `aml_side`, such as `merchant`.
    pub aml_side: Option<String>,
    /// The results of the checks; the page shows none, so they stay JSON.
    pub aml_checks: Option<Vec<RawJson>>,
    /// `links_invoice`; the page shows only null, so it stays JSON.
    pub links_invoice: Option<RawJson>,
}

/// `invoice_info.currency`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CurrencyInfo {
    /// `id`
    pub id: Option<i64>,
    /// The coin, such as `USDT`.
    pub code: Option<String>,
    /// The coin on its network, such as `USDT_TRC20`.
    pub fullcode: Option<String>,
    /// The network.
    pub network: Option<Network>,
    /// `name`
    pub name: Option<String>,
    /// `is_email_required`
    pub is_email_required: Option<bool>,
    /// `stablecoin`
    pub stablecoin: Option<bool>,
    /// A URL.
    pub icon_base: Option<String>,
    /// A URL.
    pub icon_network: Option<String>,
    /// A URL.
    pub icon_qr: Option<String>,
    /// The place in the vendor's list.
    pub order: Option<i64>,
}

/// `invoice_info.currency.network`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Network {
    /// Such as `BSC`.
    pub code: Option<String>,
    /// `id`
    pub id: Option<i64>,
    /// A URL.
    pub icon: Option<String>,
    /// Such as `BNB Smart Chain`.
    pub fullname: Option<String>,
}

/// `invoice_info.project`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Project {
    /// `id`
    pub id: Option<i64>,
    /// `name`
    pub name: Option<String>,
    /// Where a payer goes after a failure: a URL.
    pub fail: Option<String>,
    /// Where a payer goes after success: a URL.
    pub success: Option<String>,
    /// A URL, or empty.
    pub logo: Option<String>,
}

/// JSON text of a shape that the vendor does not document.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// The JSON text as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl fmt::Display for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// From the literal text, so that no digit passes through a float.
fn amount<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Option<Amount>, D::Error> {
    let Some(raw) = Option::<&RawValue>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let text = raw.get();
    let unquoted = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    Amount::parse(unquoted.unwrap_or(text))
        .map(Some)
        .map_err(D::Error::custom)
}

fn invoice_id<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Option<InvoiceId>, D::Error> {
    code(deserializer, |text| InvoiceId::parse(text))
}

fn invoice_status<'a, D: Deserializer<'a>>(
    deserializer: D,
) -> Result<Option<InvoiceStatus>, D::Error> {
    code(deserializer, |text| InvoiceStatus::parse(text))
}

fn status<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Option<Status>, D::Error> {
    code(deserializer, |text| Status::parse(text))
}

fn timestamp<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Option<OffsetDateTime>, D::Error> {
    code(deserializer, |text| {
        PrimitiveDateTime::parse(text, TIMESTAMP)
            .map(PrimitiveDateTime::assume_utc)
            .map_err(|_| Cause::Problem("a timestamp is invalid"))
    })
}

fn code<'a, T, E: fmt::Display, D: Deserializer<'a>>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, D::Error> {
    Option::<String>::deserialize(deserializer)?
        .map(|text| parse(&text).map_err(D::Error::custom))
        .transpose()
}

/// UTC without an offset, and the fraction can be missing.
const TIMESTAMP: &[BorrowedFormatItem<'_>] = format_description!(
    version = 2,
    "[year]-[month]-[day] [hour]:[minute]:[second][optional [.[subsecond]]]"
);
