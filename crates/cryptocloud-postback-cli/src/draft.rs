//! A postback from command-line options, before it is signed.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    iter,
    path::PathBuf,
};

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cryptocloud_postback::{Amount, Format, InvoiceId, UnixTime, testing::PostbackBuilder};

use crate::{
    body::{self, Change, quote},
    client::Request,
    input,
    scenario::{Scenario, on_chain, with_status},
    secret::Secret,
};

/// The fields of the postback.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Postback")]
pub(crate) struct PostbackOptions {
    /// The format, as set in the project's settings [default: json, or the format of --body]
    #[arg(long, value_parser = format())]
    pub(crate) format: Option<Format>,

    /// The invoice ID [default: a new one]
    #[arg(long, value_name = "ID")]
    pub(crate) invoice_id: Option<InvoiceId>,

    /// The order ID [default: null, as for a payment link]
    #[arg(long, value_name = "ID")]
    pub(crate) order_id: Option<String>,

    /// What the customer did; the fields that follow from it agree
    #[arg(long, value_enum, value_name = "SCENARIO", default_value = "paid")]
    scenario: Scenario,

    /// The amount in --currency, as a JSON number
    #[arg(long, value_parser = amount, default_value = "0.000113")]
    amount: String,

    /// What was paid, if it is not the amount; the status stays success, as the vendor's does
    #[arg(long, value_name = "AMOUNT", value_parser = amount, conflicts_with = "scenario")]
    paid: Option<String>,

    /// The price in US dollars, as a JSON number [default: from the amount]
    #[arg(long, value_name = "PRICE", value_parser = amount)]
    usd: Option<String>,

    /// The currency code
    #[arg(long, value_name = "CODE", default_value = "BNB")]
    currency: String,

    /// The status; the vendor sends only success
    #[arg(long, default_value = "success", conflicts_with_all = ["scenario", "paid"])]
    status: String,

    /// Set a field last, such as invoice_info.test_mode=true: to JSON, or else to a string
    #[arg(long, value_name = "FIELD=VALUE", value_parser = Change::parse)]
    set: Vec<Change>,

    /// Seconds until the token expires; negative for an expired token
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 300,
        allow_negative_numbers = true
    )]
    expires_in: i64,

    /// Read the body from this file, or from standard input if it is -, and replace its token
    ///
    /// The rest of the body stays the same. The new token is for the invoice that the body names.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["order_id", "scenario", "amount", "paid", "usd", "currency", "status"]
    )]
    body: Option<PathBuf>,
}

impl PostbackOptions {
    /// Reads the body from its file, if `--body` was given.
    pub(crate) fn draft(&self, secret: &Secret) -> anyhow::Result<Draft> {
        let given = self.body.as_ref().map(|path| input::read(path, MAX_BYTES));
        let given = given.transpose()?;
        if given.as_ref().is_some_and(|body| body.len() == MAX_BYTES) {
            bail!("the body is too long");
        }
        self.draft_of(secret, given, None)
    }

    /// With this body, if there is one.
    pub(crate) fn draft_of(
        &self,
        secret: &Secret,
        given: Option<Bytes>,
        content_type: Option<&[u8]>,
    ) -> anyhow::Result<Draft> {
        let format = match (self.format, &given) {
            (Some(format), _) => format,
            (None, Some(body)) => Format::detect(content_type, body)
                .context("the body is neither JSON nor a form: set --format")?,
            (None, None) => Format::Json,
        };
        let named = given.as_ref().map(|body| {
            let id = body::field(format, body, "invoice_id");
            id.and_then(|id| InvoiceId::parse(&id).ok())
        });
        let invoice_id = match (&self.invoice_id, &named) {
            (Some(id), _) | (None, Some(Some(id))) => id.as_str().to_owned(),
            (None, Some(None)) => bail!("the body names no invoice: set --invoice-id"),
            (None, None) => new_id(self.scenario.invoice_id_length()),
        };
        if self.scenario.has_no_order() && self.order_id.is_some() {
            bail!("this scenario has no order: leave out --order-id");
        }
        let order_id = self.order_id.as_deref();
        let order_id = order_id.or(self.scenario.default_order_id());
        let [address, transaction] = on_chain(&self.currency, &invoice_id, &new_id(8));
        let mut builder = self
            .scenario
            .apply(self.builder(secret), &self.amount)?
            .invoice_id(&invoice_id)
            .info_field("address", quote(&address))
            .info_field("tx_list", format!("[{}]", quote(&transaction)));
        if let Some(order_id) = order_id {
            builder = builder.order_id(order_id);
        }
        let draft = Draft {
            builder: with_status(builder, &self.status),
            changes: self.set.clone(),
            expires_in: self.expires_in,
            format,
            given,
            invoice_id,
        };
        // Fails here, before anything is sent, if the body has no token to replace.
        draft.sign()?;
        Ok(draft)
    }

    /// The amounts and the currency.
    pub(crate) fn builder(&self, secret: &Secret) -> PostbackBuilder {
        let builder = PostbackBuilder::new(secret.as_str())
            .amount(&self.amount)
            .currency(&self.currency);
        let builder = match &self.paid {
            Some(amount) => builder.paid(amount),
            None => builder,
        };
        match &self.usd {
            Some(price) => builder.usd(price),
            None => builder,
        }
    }
}

/// A postback that is signed anew each time it is sent, as the vendor does.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    builder: PostbackBuilder,
    changes: Vec<Change>,
    expires_in: i64,
    pub(crate) format: Format,
    given: Option<Bytes>,
    pub(crate) invoice_id: String,
}

impl Draft {
    /// A new token.
    pub(crate) fn token(&self) -> anyhow::Result<String> {
        Ok(self.signed_builder()?.signed_token())
    }

    /// The body with a new token.
    pub(crate) fn sign(&self) -> anyhow::Result<Bytes> {
        let builder = self.signed_builder()?;
        let body = match (&self.given, self.format) {
            (Some(body), format) => body::replace_token(format, body, &builder.signed_token())?,
            (None, Format::Form) => builder.form().body(),
            (None, Format::Json) => builder.json().body(),
        };
        let mut changes = self.changes.iter();
        changes.try_fold(body, |body, change| change.apply(self.format, &body))
    }

    /// A request with a freshly signed body.
    pub(crate) fn request(&self) -> anyhow::Result<Request> {
        Ok(Request::post(self.format.content_type(), self.sign()?))
    }

    fn signed_builder(&self) -> anyhow::Result<PostbackBuilder> {
        let now = UnixTime::now()?;
        let expires_at = now.as_secs().saturating_add_signed(self.expires_in);
        let builder = self.builder.clone().at(now);
        Ok(builder.expires_at(UnixTime::from_secs(expires_at)))
    }
}

/// A new id of 8 characters, like most of the vendor's.
pub(crate) fn new_invoice_id() -> String {
    new_id(8)
}

fn new_id(length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    // The seed of the standard library's hash maps: it must be new, but need not be secret.
    let seed = || RandomState::new().build_hasher().finish().to_le_bytes();
    let bytes = iter::repeat_with(seed).flatten().take(length);
    let letter = |byte: u8| ALPHABET.get(usize::from(byte % 32)).copied();
    bytes.filter_map(letter).map(char::from).collect()
}

fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(["form", "json"]).map(|name| match name.as_str() {
        "form" => Format::Form,
        _ => Format::Json,
    })
}

fn amount(text: &str) -> Result<String, cryptocloud_postback::AmountError> {
    // Sent as it was typed, since endpoints must handle every spelling.
    Amount::parse(text).map(|_| text.to_owned())
}

/// Far more than any endpoint should accept.
pub(crate) const MAX_BYTES: usize = 16 << 20;
