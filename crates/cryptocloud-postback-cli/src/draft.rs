//! A postback from command-line options, before it is signed.

use std::{iter, path::PathBuf};

use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cryptocloud_postback::{
    Amount, Decimal, Format, InvoiceId, UnixTime, testing::PostbackBuilder,
};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    body::{self, Change, quote},
    client::Request,
    input,
};

/// The fields of the postback.
#[derive(clap::Args, Clone, Debug)]
// Without the setting, clap takes the -5 of `--amount -5` for an option.
#[command(next_help_heading = "Postback", allow_negative_numbers = true)]
pub(crate) struct PostbackOptions {
    /// The format, as set in the project's settings [default: json, or the format of --body]
    #[arg(long, value_parser = format())]
    pub(crate) format: Option<Format>,

    /// The invoice ID [default: a new one]
    #[arg(long, value_name = "ID")]
    pub(crate) invoice_id: Option<InvoiceId>,

    /// The order ID [default: null, as for a payment link]
    ///
    /// With --scenario static-wallet it defaults to CUSTOMER_1, and with --forge to ORDER_93223.
    #[arg(long, value_name = "ID")]
    pub(crate) order_id: Option<String>,

    /// What the customer did, from which amounts, prices and statuses follow
    #[arg(long, value_enum, value_name = "SCENARIO", default_value = "paid")]
    scenario: Scenario,

    /// The amount to pay, in --currency
    #[arg(long, value_parser = amount, default_value = "0.000113")]
    amount: String,

    /// What was paid, if not the amount; the status stays success, as the vendor's does
    #[arg(long, value_name = "AMOUNT", value_parser = amount, conflicts_with = "scenario")]
    paid: Option<String>,

    /// The price in US dollars [default: what the amount is worth]
    #[arg(long, value_name = "PRICE", value_parser = amount)]
    usd: Option<String>,

    /// The currency code
    #[arg(long, value_name = "CODE", default_value = "BNB")]
    currency: String,

    /// The status; the vendor sends only success
    #[arg(long, default_value = "success", conflicts_with_all = ["scenario", "paid"])]
    status: String,

    /// Change or add one field, such as invoice_info.test_mode=true
    ///
    /// The value is JSON, or else a string. Only this field changes, whatever should follow from it.
    #[arg(long, value_name = "FIELD=VALUE", value_parser = Change::parse)]
    set: Vec<Change>,

    /// Seconds until the token expires; negative for an expired token
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    expires_in: i64,

    /// Read the body from this file, or from standard input if it is -, and replace its token
    ///
    /// The rest of the body stays the same. The new token is for the invoice that the body names.
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "order_id", "scenario", "amount", "paid", "usd", "currency", "status",
    ])]
    body: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Scenario {
    /// Paid the whole amount
    Paid,
    /// Paid half of it
    Partial,
    /// Paid twice as much
    Overpaid,
    /// Paid into a static wallet: a long invoice ID, and the customer's ID as order_id
    StaticWallet,
    /// Donated: order_id is null
    Donation,
    /// Made a test payment: invoice_info.test_mode is true, in JSON only
    Test,
    /// Paid by a payment link: order_id is missing
    NoOrder,
}

impl PostbackOptions {
    /// The postback that is asked for, or this body with a new token.
    pub(crate) fn draft(
        &self,
        secret: &SecretString,
        body: Option<Bytes>,
    ) -> anyhow::Result<Draft<'_>> {
        let body = match (body, &self.body) {
            (None, Some(path)) => Some(input::read(path)?),
            (body, _) => body,
        };
        let format = match (self.format, &body) {
            (Some(format), _) => format,
            (None, Some(body)) => Format::detect(None, body)
                .context("the body is neither JSON nor a form: set --format")?,
            (None, None) => Format::Json,
        };
        let named = || InvoiceId::parse(&body::field(format, body.as_ref()?, "invoice_id")?).ok();
        let invoice_id = match (self.invoice_id.clone().or_else(named), self.scenario) {
            (Some(id), _) => id.to_string(),
            (None, _) if body.is_some() => bail!("the body names no invoice: set --invoice-id"),
            (None, Scenario::StaticWallet) => new_id(32),
            (None, _) => new_id(8),
        };
        let builder = self.scene(self.builder(secret).invoice_id(&invoice_id))?;
        let draft = Draft {
            body,
            builder,
            format,
            invoice_id,
            options: self,
        };
        // Fails here, before anything is sent, if the body has no token to replace.
        draft.sign()?;
        Ok(draft)
    }

    /// Adds the order, and what follows from the scenario and the status.
    fn scene(&self, mut builder: PostbackBuilder) -> anyhow::Result<PostbackBuilder> {
        if let Some(id) = &self.order_id {
            builder = builder.order_id(id);
        }
        let amount = Amount::parse(&self.amount)?.as_decimal();
        let times = |factor| amount.saturating_mul(factor).normalize().to_string();
        builder = match self.scenario {
            Scenario::Donation | Scenario::NoOrder if self.order_id.is_some() => {
                bail!("this scenario has no order: leave out --order-id")
            }
            Scenario::NoOrder => builder.remove("order_id"),
            Scenario::Overpaid => builder.paid(&times(Decimal::TWO)),
            Scenario::Partial => builder.paid(&times(Decimal::new(5, 1))),
            Scenario::StaticWallet if self.order_id.is_none() => builder.order_id("CUSTOMER_1"),
            Scenario::Test => builder.test_mode(true),
            Scenario::Donation | Scenario::Paid | Scenario::StaticWallet => builder,
        };
        builder = builder.status(&self.status);
        if ["canceled", "created"].contains(&self.status.as_str()) {
            // Nothing was received.
            builder = builder
                .paid("0")
                .info_field("status", quote(&self.status))
                .info_field("date_finished", "null")
                .info_field("tx_list", "[]");
        }
        Ok(builder)
    }

    /// The amounts and the currency.
    pub(crate) fn builder(&self, secret: &SecretString) -> PostbackBuilder {
        let mut builder = PostbackBuilder::new(secret.expose_secret())
            .amount(&self.amount)
            .currency(&self.currency);
        if let Some(amount) = &self.paid {
            builder = builder.paid(amount);
        }
        if let Some(price) = &self.usd {
            builder = builder.usd(price);
        }
        builder
    }
}

/// A postback that is signed anew each time it is sent, as the vendor does.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    /// Of which only the token is replaced.
    body: Option<Bytes>,
    builder: PostbackBuilder,
    pub(crate) format: Format,
    pub(crate) invoice_id: String,
    options: &'a PostbackOptions,
}

impl Draft<'_> {
    /// A new token.
    pub(crate) fn token(&self) -> anyhow::Result<String> {
        Ok(self.dated()?.signed_token())
    }

    /// The body with a new token.
    pub(crate) fn sign(&self) -> anyhow::Result<Bytes> {
        let body = match (&self.body, self.format) {
            (Some(body), format) => body::replace_token(format, body, &self.token()?)?,
            (None, Format::Form) => self.dated()?.form().body(),
            (None, Format::Json) => self.dated()?.json().body(),
        };
        let mut changes = self.options.set.iter();
        changes.try_fold(body, |body, change| change.apply(self.format, &body))
    }

    /// A request with a new token.
    pub(crate) fn request(&self) -> anyhow::Result<Request> {
        Ok(Request::post(self.format.content_type(), self.sign()?))
    }

    fn dated(&self) -> anyhow::Result<PostbackBuilder> {
        let now = UnixTime::now()?;
        let expires_at = now.as_secs().saturating_add_signed(self.options.expires_in);
        let expires_at = UnixTime::from_secs(expires_at);
        Ok(self.builder.clone().at(now).expires_at(expires_at))
    }
}

/// A new id of 8 characters, like most of the vendor's.
pub(crate) fn new_invoice_id() -> String {
    new_id(8)
}

fn new_id(length: usize) -> String {
    let letters = iter::repeat_with(fastrand::alphanumeric).take(length);
    letters.collect::<String>().to_uppercase()
}

fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(["form", "json"]).map(|name| match name.as_str() {
        "form" => Format::Form,
        _ => Format::Json,
    })
}

fn amount(text: &str) -> anyhow::Result<String> {
    Amount::parse(text)
        .map_err(|error| anyhow!("{error}: write a number of at least 0, such as 0.5"))?;
    // Sent as it was typed, since endpoints must handle every spelling.
    Ok(text.to_owned())
}
