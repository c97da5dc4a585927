use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use time::{
    OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem,
    macros::format_description,
};

use super::object::{Field, Object, object};
use crate::{Amount, InvoiceId, InvoiceStatus, Status};

object! {
    /// What `invoice_info` reports about an invoice; the vendor sends it in JSON only.
    ///
    /// **None of it is signed.**
    /// A field is `None` if it is missing or null, and also if its value cannot be read:
    /// [`faults`](Self::faults) then has its name.
    /// Fields that are not listed here are ignored.
    ///
    /// The vendor documents these fields by name and by one example.
    /// Amounts without a unit in their name are in the currency of the payment, those in `_usd` in
    /// US dollars.
    /// By their names, `amount*` and `amount_to_pay*` are what was invoiced, `amount_paid*` is what
    /// the payer sent, and `received*` is what is left of it for the merchant after the fees.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::InvoiceInfo;
    ///
    /// let info = InvoiceInfo::parse(r#"{"amount_paid": 1.38e-17, "step": "3", "test_mode": 0}"#);
    /// assert_eq!(info.amount_paid, Some("0.0000000000000000138".parse()?));
    /// assert_eq!(info.test_mode, None);
    /// assert_eq!(info.faults(), ["step", "test_mode"]);
    /// # Ok::<_, cryptocloud_postback::AmountError>(())
    /// ```
    InvoiceInfo in "" {
        /// The invoice. A verified postback proves its [`invoice_id`](crate::Verified::invoice_id),
        /// not this one.
        uuid: InvoiceId,
        /// When the invoice was created, in UTC.
        created: OffsetDateTime,
        /// The address that was paid to.
        address: String,
        /// The currency of the payment.
        currency: CurrencyInfo,
        /// When the payment was finished, in UTC. It can be before [`created`](Self::created).
        date_finished: OffsetDateTime,
        /// When the invoice expires, in UTC.
        expiry_date: OffsetDateTime,
        /// Who pays the fee, such as `client`.
        side_commission: String,
        /// The kind of payment, such as `crypto`.
        type_payments: String,
        /// The invoiced amount.
        amount: Amount,
        /// The same as [`amount`](Self::amount) in the vendor's example.
        amount_: Amount,
        /// The status of the invoice.
        status: InvoiceStatus,
        /// The status of the payment.
        invoice_status: Status,
        /// Whether the payer has to give an e-mail address.
        is_email_required: bool,
        /// The merchant's project.
        project: Project,
        /// The hashes of the transactions. The vendor also sends one empty string.
        tx_list: Vec<String>,
        /// `amount_in_crypto`, null in the vendor's example.
        amount_in_crypto: Amount,
        /// The invoiced amount in the fiat currency of the invoice.
        amount_in_fiat: Amount,
        /// The invoiced amount in US dollars.
        amount_usd: Amount,
        /// What the payer was asked to pay.
        amount_to_pay: Amount,
        /// What the payer was asked to pay, in US dollars.
        amount_to_pay_usd: Amount,
        /// What the payer paid.
        amount_paid: Amount,
        /// What the payer paid, in US dollars.
        amount_paid_usd: Amount,
        /// `fee`
        fee: Amount,
        /// `fee_usd`
        fee_usd: Amount,
        /// The vendor's fee.
        service_fee: Amount,
        /// The vendor's fee, in US dollars.
        service_fee_usd: Amount,
        /// What the merchant receives.
        received: Amount,
        /// What the merchant receives, in US dollars.
        received_usd: Amount,
        /// What is still to be paid.
        to_surcharge: Amount,
        /// What is still to be paid, in US dollars.
        to_surcharge_usd: Amount,
        /// `total_rub`
        total_rub: Amount,
        /// `step`
        step: i64,
        /// Whether this is a test and no payment.
        test_mode: bool,
        /// `type`, such as `up`.
        kind = "type": String,
        /// Whether the payment is checked for money laundering (AML).
        aml_enabled: bool,
        /// `aml_side`, such as `merchant`.
        aml_side: String,
        /// The results of the AML checks. The vendor documents none, so they stay JSON.
        aml_checks: Vec<RawJson>,
        /// `links_invoice`. The vendor documents only null, so it stays JSON.
        links_invoice: RawJson,
        /// The code of the fiat currency, such as `USD`. Not documented for postbacks.
        fiat_currency: String,
        /// The payer's e-mail address. Not documented.
        user_email: String,
    }
    faults: Vec<&'static str>,
}

impl InvoiceInfo {
    /// Reads the JSON of an `invoice_info`, field by field.
    ///
    /// It never fails: if this is not a JSON object, every field is `None` and
    /// [`faults`](Self::faults) is `["invoice_info"]`.
    #[must_use]
    pub fn parse(json: &str) -> Self {
        let mut faults = Vec::new();
        let mut info = Self::read(json, &mut faults).unwrap_or_else(|| {
            faults.push("invoice_info");
            Self::default()
        });
        info.faults = faults;
        info
    }

    /// The names of the fields whose values could not be read, such as `currency.network.id`.
    ///
    /// A field that is missing or null is not a fault.
    #[must_use]
    pub fn faults(&self) -> &[&'static str] {
        &self.faults
    }
}

/// Never fails for JSON, as [`parse`](Self::parse).
impl<'de> Deserialize<'de> for InvoiceInfo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self::parse(json.get()))
    }
}

object! {
    /// `invoice_info.currency`
    CurrencyInfo in "currency." {
        /// `id`
        id: i64,
        /// The coin, such as `USDT`.
        code: String,
        /// The coin on its network, such as `USDT_TRC20`.
        fullcode: String,
        /// The network.
        network: Network,
        /// `name`
        name: String,
        /// `is_email_required`
        is_email_required: bool,
        /// Whether the coin is a stablecoin.
        stablecoin: bool,
        /// A URL.
        icon_base: String,
        /// A URL.
        icon_network: String,
        /// A URL.
        icon_qr: String,
        /// The position in the vendor's list.
        order: i64,
    }
}

object! {
    /// `invoice_info.currency.network`
    Network in "currency.network." {
        /// Such as `BSC`.
        code: String,
        /// `id`
        id: i64,
        /// A URL.
        icon: String,
        /// Such as `BNB Smart Chain`.
        fullname: String,
    }
}

object! {
    /// `invoice_info.project`
    Project in "project." {
        /// `id`
        id: i64,
        /// `name`
        name: String,
        /// The URL to which a payer goes after a failed payment.
        fail: String,
        /// The URL to which a payer goes after a successful payment.
        success: String,
        /// A URL, or empty.
        logo: String,
    }
}

/// JSON of a shape that the vendor does not document.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// The JSON as it arrived.
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

/// From the literal digits of a number or a string, so that none passes through a float.
impl Field for Amount {
    fn read(json: &str, _: &mut Vec<&'static str>) -> Option<Self> {
        let unquoted = json
            .strip_prefix('"')
            .and_then(|json| json.strip_suffix('"'));
        Self::parse(unquoted.unwrap_or(json)).ok()
    }
}

impl Field for OffsetDateTime {
    fn read(json: &str, _: &mut Vec<&'static str>) -> Option<Self> {
        PrimitiveDateTime::parse(&from_json::<String>(json)?, TIMESTAMP)
            .map(PrimitiveDateTime::assume_utc)
            .ok()
    }
}

macro_rules! from_json {
    ($($type:ty),*) => {
        $(impl Field for $type {
            fn read(json: &str, _: &mut Vec<&'static str>) -> Option<Self> {
                from_json(json)
            }
        })*
    };
}
from_json!(
    bool,
    i64,
    InvoiceId,
    InvoiceStatus,
    RawJson,
    Status,
    String,
    Vec<RawJson>,
    Vec<String>
);

fn from_json<'a, T: Deserialize<'a>>(json: &'a str) -> Option<T> {
    serde_json::from_str(json).ok()
}

/// UTC without an offset, and the fraction can be missing.
const TIMESTAMP: &[BorrowedFormatItem<'_>] = format_description!(
    version = 2,
    "[year]-[month]-[day] [hour]:[minute]:[second][optional [.[subsecond]]]"
);
