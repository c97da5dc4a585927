//! What a customer did, and the fields of a postback that follow from it.

use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Context;
use cryptocloud_postback::{Amount, testing::PostbackBuilder};

/// What the customer did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Scenario {
    /// Paid the whole amount
    #[default]
    Paid,
    /// Paid half of it
    Partial,
    /// Paid twice as much
    Overpaid,
    /// Paid into a static wallet: a long invoice ID, and the customer's ID as order_id
    StaticWallet,
    /// Donated: order_id is null
    Donation,
    /// Nothing: invoice_info says that it is a test
    Test,
    /// Paid by a payment link: order_id is missing
    NoOrder,
}

impl Scenario {
    /// Whether the postback names no order.
    pub(crate) fn has_no_order(self) -> bool {
        matches!(self, Self::Donation | Self::NoOrder)
    }

    /// The customer of a static wallet, if no other one is named.
    pub(crate) fn default_order_id(self) -> Option<&'static str> {
        (self == Self::StaticWallet).then_some("CUSTOMER_1")
    }

    /// How long the ids of its invoices are.
    pub(crate) fn invoice_id_length(self) -> usize {
        match self {
            Self::StaticWallet => 32,
            _ => 8,
        }
    }

    /// Sets what was paid, and what else follows.
    pub(crate) fn apply(
        self,
        builder: PostbackBuilder,
        amount: &str,
    ) -> anyhow::Result<PostbackBuilder> {
        let amount = Amount::parse(amount)?.as_decimal();
        let part = match self {
            Self::NoOrder => return Ok(builder.remove("order_id")),
            Self::Overpaid => amount.checked_mul(2.into()),
            Self::Partial => amount.checked_div(2.into()),
            Self::Test => return Ok(builder.test_mode(true)),
            Self::Donation | Self::Paid | Self::StaticWallet => return Ok(builder),
        };
        let part = part.context("--amount is too large")?.normalize();
        Ok(builder.paid(&part.to_string()))
    }
}

/// The statuses of an invoice that follow from this status of the postback: if it is not paid, nothing
/// was received.
pub(crate) fn with_status(builder: PostbackBuilder, status: &str) -> PostbackBuilder {
    let builder = builder.status(status);
    if !["canceled", "created"].contains(&status) {
        return builder;
    }
    builder
        .paid("0")
        .info_field("status", format!("{status:?}"))
        .info_field("date_finished", "null")
        .info_field("tx_list", "[]")
}

/// An address of the invoice and a transaction, as the network of this currency writes them. Neither
/// exists.
pub(crate) fn on_chain(currency: &str, invoice_id: &str, transaction: &str) -> [String; 2] {
    const BASE58: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    const BECH32: &str = "023456789acdefghjklmnpqrstuvwxyz";
    const HEX: &str = "0123456789abcdef";
    let network = currency.rsplit_once('_').map_or(currency, |(_, code)| code);
    let ((prefix, letters, length), (tx_prefix, tx_letters, tx_length)) = match network {
        "BTC" => (("bc1q", BECH32, 38), ("", HEX, 64)),
        "LTC" => (("ltc1q", BECH32, 38), ("", HEX, 64)),
        "SOL" => (("", BASE58, 44), ("", BASE58, 88)),
        "TON" => (("UQ", BASE58, 46), ("", HEX, 64)),
        "TRC20" | "TRX" => (("T", BASE58, 33), ("", HEX, 64)),
        _ => (("0x", HEX, 40), ("0x", HEX, 64)),
    };
    [
        format!("{prefix}{}", letters_of(invoice_id, letters, length)),
        format!(
            "{tx_prefix}{}",
            letters_of(transaction, tx_letters, tx_length)
        ),
    ]
}

/// This many letters, always the same ones for the same seed.
fn letters_of(seed: &str, alphabet: &str, count: usize) -> String {
    let block = |number: u32| {
        let mut hasher = DefaultHasher::new();
        (seed, number).hash(&mut hasher);
        hasher.finish().to_le_bytes()
    };
    let letter = |byte: u8| alphabet.chars().cycle().nth(byte.into());
    (0..)
        .flat_map(block)
        .filter_map(letter)
        .take(count)
        .collect()
}
