use cryptocloud_postback::{Amount, Decimal, OffsetDateTime, testing::PostbackBuilder};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value, json};
use time::{Duration, macros::format_description};

use crate::draft::new_invoice_id;

/// What a shop asks for in `/v2/invoice/create`. The mimic ignores the other fields.
#[derive(Clone, Deserialize)]
pub(super) struct Order {
    shop_id: String,
    /// In the fiat currency.
    #[serde(deserialize_with = "amount")]
    amount: Amount,
    currency: Option<String>,
    order_id: Option<Value>,
    #[serde(default)]
    add_fields: AddFields,
}

#[derive(Clone, Default, Deserialize)]
struct AddFields {
    cryptocurrency: Option<String>,
    time_to_pay: Option<TimeToPay>,
}

#[derive(Clone, Deserialize)]
struct TimeToPay {
    #[serde(default)]
    hours: u16,
    #[serde(default)]
    minutes: u16,
}

/// An invoice of a [`Mimic`](super::Mimic), with the customer's payment once there is one.
#[derive(Clone, Debug)]
pub struct Invoice {
    /// The price in the coin.
    amount: Decimal,
    coin: String,
    pub(super) created: OffsetDateTime,
    expires: OffsetDateTime,
    fiat: String,
    finished: Option<OffsetDateTime>,
    /// Without `INV-`.
    pub(super) id: String,
    order_id: Option<String>,
    /// What the customer paid in the coin.
    paid: Decimal,
    price: Amount,
    pub(super) status: Status,
    pub(super) test_mode: bool,
    usd: Decimal,
}

/// The status of an invoice, as the vendor's API states it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
// Closed by nature: a mimic has the states that are documented.
pub enum Status {
    /// It can no longer be paid.
    Canceled,
    /// Nothing was paid yet.
    Created,
    /// More than the amount was paid.
    Overpaid,
    /// The amount was paid.
    Paid,
    /// Less than the amount was paid.
    Partial,
}

impl Invoice {
    pub(super) fn new(order: Order) -> Result<Self, &'static str> {
        let code = |given: Option<String>, default: &str| {
            let code = given.unwrap_or_else(|| default.to_owned());
            let is_code = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            code.chars().all(is_code).then_some(code)
        };
        let fiat = code(order.currency, "USD").ok_or("currency is not a code")?;
        let coin = code(order.add_fields.cryptocurrency, "USDT_TRC20");
        let coin = coin.ok_or("cryptocurrency is not a code")?;
        let price = order.amount.as_decimal();
        if order.shop_id.is_empty() {
            return Err("shop_id is empty");
        }
        if price.is_zero() || price > MAX_PRICE {
            return Err("amount is not between 0 and 1000000000");
        }
        let usd = if fiat == "USD" {
            price
        } else {
            price * USD_PER_FIAT
        };
        let time = order.add_fields.time_to_pay;
        let time = time.map_or(Duration::DAY, |time| {
            Duration::hours(time.hours.into()) + Duration::minutes(time.minutes.into())
        });
        let created = OffsetDateTime::now_utc();
        let expires = created.saturating_add(time);
        Ok(Self {
            amount: (usd / usd_per_coin(&coin)).round_dp(8),
            coin,
            created,
            expires: expires.replace_nanosecond(0).unwrap_or(expires),
            fiat,
            finished: None,
            id: new_invoice_id(),
            order_id: order.order_id.and_then(|id| match id {
                Value::Null => None,
                Value::String(text) => Some(text),
                other => Some(other.to_string()),
            }),
            paid: Decimal::ZERO,
            price: order.amount,
            status: Status::Created,
            test_mode: false,
            usd: usd.round_dp(2),
        })
    }

    /// An invoice that another program has created, for this amount in the coin.
    pub(super) fn created_elsewhere(
        id: &str,
        order_id: Option<&str>,
        amount: Amount,
        coin: &str,
    ) -> Result<Self, &'static str> {
        let usd = amount.as_decimal().checked_mul(usd_per_coin(coin));
        let usd = usd.and_then(|usd| Amount::try_from(usd).ok());
        let invoice = Self::new(Order {
            shop_id: "elsewhere".to_owned(),
            amount: usd.ok_or("amount is too large")?,
            currency: None,
            order_id: order_id.map(Value::from),
            add_fields: AddFields {
                cryptocurrency: Some(coin.to_owned()),
                ..AddFields::default()
            },
        })?;
        Ok(Self {
            amount: amount.as_decimal(),
            id: bare(id).to_owned(),
            ..invoice
        })
    }

    /// Pays or cancels the invoice. `paid` is in the coin, and defaults to what fits the status.
    pub(super) fn settle(
        &mut self,
        status: Status,
        paid: Option<Decimal>,
    ) -> Result<(), &'static str> {
        if status == self.status && paid.is_none_or(|paid| paid == self.paid) {
            // Only another postback.
            return Ok(());
        }
        let paid = paid.unwrap_or(match status {
            Status::Canceled | Status::Created => Decimal::ZERO,
            Status::Overpaid => self.amount * Decimal::TWO,
            Status::Paid => self.amount,
            Status::Partial => self.amount / Decimal::TWO,
        });
        let is_open = matches!(self.status, Status::Created | Status::Partial);
        let fits = match status {
            Status::Canceled => self.status == Status::Created && paid.is_zero(),
            Status::Created => false,
            Status::Overpaid => is_open && paid > self.amount,
            Status::Paid => is_open && paid == self.amount,
            Status::Partial => is_open && !paid.is_zero() && paid < self.amount,
        };
        if !fits {
            return Err("the invoice's status or amount does not allow this status and received");
        }
        self.finished = (status != Status::Canceled).then(OffsetDateTime::now_utc);
        self.paid = paid;
        self.status = status;
        Ok(())
    }

    pub(super) fn uuid(&self) -> String {
        format!("INV-{}", self.id)
    }

    /// The postback of the payment, which agrees with what the API shows.
    pub fn postback(&self, secret: &str) -> PostbackBuilder {
        let finished = self.finished.map_or(Value::Null, date);
        let builder = PostbackBuilder::new(secret)
            .invoice_id(&self.id)
            .amount(&self.amount.to_string())
            .paid(&self.paid.to_string())
            .currency(&self.coin)
            .usd(&self.usd.to_string())
            .fiat(&self.price.to_string(), &self.fiat)
            .test_mode(self.test_mode)
            .info_field("created", date(self.created).to_string())
            .info_field("expiry_date", date(self.expires).to_string())
            .info_field("date_finished", finished.to_string());
        match &self.order_id {
            Some(id) => builder.order_id(id),
            None => builder,
        }
    }

    /// The invoice as a call shows it: what `invoice_info` holds, as far as the API has it too, without
    /// what this call leaves out.
    pub(super) fn json(&self, origin: &str, left_out: &str) -> Value {
        let body = self.postback("").json().body();
        let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let mut fields = match body.get_mut("invoice_info").map(Value::take) {
            Some(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        fields.retain(|name, _| COMMON.split(' ').any(|known| known == name));
        let mut set = |name: &str, value| fields.insert(name.to_owned(), value);
        set("invoice_id", Value::Null);
        set("link", format!("{origin}/pay/{}", self.uuid()).into());
        set("side_commission_cc", "merchant".into());
        set("status", json!(self.status));
        if self.finished.is_none() {
            // The customer has not chosen a coin.
            set("address", "".into());
            set("invoice_status", json!(self.status));
        }
        set("order_id", json!(self.order_id));
        fields.retain(|name, _| !left_out.split(' ').any(|known| known == name));
        Value::Object(fields)
    }
}

/// An id without `INV-`.
pub(super) fn bare(uuid: &str) -> &str {
    uuid.strip_prefix("INV-").unwrap_or(uuid)
}

/// As the vendor writes it: in UTC, and without the fraction if that is zero.
fn date(time: OffsetDateTime) -> Value {
    let seconds = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let mut text = time.format(seconds).unwrap_or_default();
    if time.microsecond() != 0 {
        text += &format!(".{:06}", time.microsecond());
    }
    text.into()
}

/// From a JSON number or a string.
pub(super) fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Amount::parse(&text).map_err(de::Error::custom)
}

fn usd_per_coin(coin: &str) -> Decimal {
    match coin.split('_').next() {
        Some("DAI" | "PYUSD" | "USDC" | "USDD" | "USDT") => Decimal::ONE,
        _ => Decimal::from(885),
    }
}

/// A unit of any other currency is half a dollar, so that a shop that confuses the two finds out.
const USD_PER_FIAT: Decimal = Decimal::from_parts(5, 0, 0, false, 1);

/// Far from where a decimal overflows.
const MAX_PRICE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// The fields of `invoice_info` that the API has too.
const COMMON: &str = "address amount amount_in_fiat amount_usd created currency date_finished \
                      expiry_date fee fee_usd fiat_currency invoice_status is_email_required \
                      project received received_usd service_fee service_fee_usd side_commission \
                      test_mode type_payments uuid";

/// What the calls leave out.
pub(super) const CREATE: &str = "date_finished invoice_status order_id received received_usd";
pub(super) const INFO: &str = "date_finished";
pub(super) const LIST: &str = "";
