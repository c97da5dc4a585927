use std::cmp::Ordering;

use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::{PostbackBuilder, object, owned, quote, set};
use crate::Amount;

impl PostbackBuilder {
    /// The JSON of `invoice_info`: the fields of the vendor's example, in its order.
    pub(super) fn invoice_info(&self) -> String {
        let money = self.money();
        let fixed = str::to_owned;
        let fields = [
            ("uuid", quote(&format!("INV-{}", self.bare_invoice_id()))),
            ("created", self.date(-191, 222_439)),
            (
                "address",
                fixed(r#""0x635DBa9c6e5E90000000000000000000c555af05""#),
            ),
            ("currency", self.currency_info()),
            ("date_finished", self.date(-1, 940)),
            ("expiry_date", self.date(86_400 - 191, 197_389)),
            ("side_commission", fixed(r#""client""#)),
            ("type_payments", fixed(r#""crypto""#)),
            ("amount", self.amount.clone()),
            ("amount_", self.amount.clone()),
            ("status", quote(money.status)),
            ("invoice_status", quote(&self.status)),
            ("is_email_required", fixed("false")),
            ("project", fixed(PROJECT)),
            ("tx_list", fixed(TX_LIST)),
            ("amount_in_crypto", fixed("null")),
            ("amount_in_fiat", self.fiat_price(&money)),
            ("amount_usd", self.usd_price(&money)),
            ("amount_to_pay", self.amount.clone()),
            ("amount_to_pay_usd", self.usd_price(&money)),
            ("amount_paid", self.paid_amount().to_owned()),
            ("amount_paid_usd", number(money.paid_usd)),
            ("fee", fixed("0")),
            ("fee_usd", fixed("0")),
            ("service_fee", number(money.fee)),
            ("service_fee_usd", number(money.fee_usd)),
            ("received", number(less(money.paid, money.fee))),
            ("received_usd", number(less(money.paid_usd, money.fee_usd))),
            ("to_surcharge", number(less(money.amount, money.paid))),
            ("to_surcharge_usd", number(less(money.usd, money.paid_usd))),
            ("total_rub", fixed("0")),
            ("step", fixed("3")),
            ("test_mode", self.test_mode.to_string()),
            ("type", fixed(r#""up""#)),
            ("aml_enabled", fixed("false")),
            ("aml_side", fixed(r#""merchant""#)),
            ("aml_checks", fixed("[]")),
            ("links_invoice", fixed("null")),
        ];
        let mut fields = owned(fields);
        if let Some((_, code)) = &self.fiat {
            set(&mut fields, "fiat_currency".to_owned(), quote(code));
        }
        for (name, json) in self.info_fields.clone() {
            set(&mut fields, name, json);
        }
        object(&fields)
    }

    fn money(&self) -> Money {
        let decimal = |json: &str| Amount::parse(json).ok().map(Amount::as_decimal);
        let amount = decimal(&self.amount);
        let paid = decimal(self.paid_amount());
        let usd = match &self.usd {
            Some(usd) => decimal(usd),
            None => amount.and_then(|amount| amount.checked_mul(self.rate())),
        };
        // What was paid is worth its part of the price.
        let paid_usd = if amount == paid {
            usd
        } else {
            usd.zip(paid)
                .and_then(|(usd, paid)| usd.checked_mul(paid)?.checked_div(amount?))
        };
        Money {
            amount,
            fee: paid.and_then(|paid| share(paid, 6)),
            fee_usd: paid_usd.and_then(|paid| share(paid, 2)),
            paid,
            paid_usd: paid_usd.map(|usd| usd.round_dp(2)),
            status: match paid.cmp(&amount) {
                Ordering::Less => "partial",
                Ordering::Equal => "paid",
                Ordering::Greater => "overpaid",
            },
            usd: usd.map(|usd| usd.round_dp(2)),
        }
    }

    fn usd_price(&self, money: &Money) -> String {
        self.usd.clone().unwrap_or_else(|| number(money.usd))
    }

    fn fiat_price(&self, money: &Money) -> String {
        match &self.fiat {
            Some((price, _)) => price.clone(),
            None => self.usd_price(money),
        }
    }

    fn rate(&self) -> Decimal {
        if self.is_stablecoin() {
            Decimal::ONE
        } else {
            Decimal::from(885)
        }
    }

    fn is_stablecoin(&self) -> bool {
        ["USDT", "USDC", "DAI", "USDD", "PYUSD"].contains(&self.asset_and_network().0)
    }

    fn asset_and_network(&self) -> (&str, &str) {
        match self.currency.rsplit_once('_') {
            Some(parts) => parts,
            None if self.currency == "BNB" => ("BNB", "BSC"),
            None => (&self.currency, &self.currency),
        }
    }

    fn currency_info(&self) -> String {
        let (asset, network) = self.asset_and_network();
        let fullname = NETWORKS.iter().find(|(code, _)| *code == network);
        let fullname = fullname.map_or(network, |(_, fullname)| *fullname);
        // The vendor's numbers are known for the currency of its example alone.
        let (id, order) = if self.currency == "BNB" {
            ("20", "13")
        } else {
            ("null", "null")
        };
        let icon = |path: String| quote(&format!("https://cdn.cryptocloud.plus/img/{path}.svg"));
        let id = || id.to_owned();
        let network = owned([
            ("code", quote(network)),
            ("id", id()),
            ("icon", icon(format!("network/{network}"))),
            ("fullname", quote(fullname)),
        ]);
        object(&owned([
            ("id", id()),
            ("code", quote(asset)),
            ("fullcode", quote(&self.currency)),
            ("network", object(&network)),
            ("name", quote(asset)),
            ("is_email_required", "false".to_owned()),
            ("stablecoin", self.is_stablecoin().to_string()),
            ("icon_base", icon(format!("currency/{asset}"))),
            ("icon_network", icon(format!("currency/{asset}"))),
            ("icon_qr", icon(format!("stroke/{asset}_STROKE"))),
            ("order", order.to_owned()),
        ]))
    }

    /// That many seconds after the postback, with the microseconds of the vendor's example.
    fn date(&self, seconds: i64, microseconds: u32) -> String {
        let at = i64::try_from(self.at.as_secs()).unwrap_or(i64::MAX);
        let Ok(date) = OffsetDateTime::from_unix_timestamp(at.saturating_add(seconds)) else {
            // A time after the year 9999.
            return "null".to_owned();
        };
        let (hour, minute, second) = date.to_hms();
        let date = date.date();
        format!(r#""{date} {hour:02}:{minute:02}:{second:02}.{microseconds:06}""#)
    }
}

/// Amounts; `None` if they cannot be derived from what the test set.
struct Money {
    amount: Option<Decimal>,
    fee: Option<Decimal>,
    fee_usd: Option<Decimal>,
    paid: Option<Decimal>,
    paid_usd: Option<Decimal>,
    status: &'static str,
    usd: Option<Decimal>,
}

/// The fee for this amount, with at most so many digits after the point.
fn share(amount: Decimal, digits: u32) -> Option<Decimal> {
    let fee = amount.checked_mul(Decimal::new(2, 2))?;
    Some(fee.trunc_with_scale(digits))
}

/// The difference, at least zero.
fn less(amount: Option<Decimal>, other: Option<Decimal>) -> Option<Decimal> {
    let difference = amount?.checked_sub(other?)?;
    Some(difference.max(Decimal::ZERO))
}

fn number(decimal: Option<Decimal>) -> String {
    decimal.map_or_else(
        || "null".to_owned(),
        |decimal| decimal.normalize().to_string(),
    )
}

const NETWORKS: [(&str, &str); 10] = [
    ("ARB", "Arbitrum One"),
    ("BASE", "Base"),
    ("BSC", "BNB Smart Chain"),
    ("BTC", "Bitcoin"),
    ("ERC20", "Ethereum"),
    ("ETH", "Ethereum"),
    ("OPT", "Optimism"),
    ("SOL", "Solana"),
    ("TRC20", "Tron"),
    ("TRX", "Tron"),
];

const PROJECT: &str = r#"{"id":1,"name":"Test","fail":"https://test.com/failed-payment","success":"https://test.com/successful-payment","logo":""}"#;

const TX_LIST: &str = r#"["0x12fb777c41b58b8304278416e5a0000000000000c1e7708b2160745af5640364"]"#;
