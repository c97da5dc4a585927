//! A postback that is not signed yet, from options.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    path::PathBuf,
};

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::ValueEnum;
use cryptocloud_postback::{Amount, Format, InvoiceId, UnixTime, testing::PostbackBuilder};

use crate::{body, client::Request, input, secret::Secret};

/// What the postback says.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct PostbackOptions {
    /// The format, as in the project's settings [default: json, or that of --body]
    #[arg(long, help_heading = HEADING)]
    pub(crate) format: Option<FormatName>,

    /// The invoice [default: a new one]
    #[arg(long, value_name = "ID", value_parser = invoice_id, help_heading = HEADING)]
    invoice_id: Option<InvoiceId>,

    /// The order [default: null, as for a payment link]
    #[arg(long, value_name = "ID", help_heading = HEADING)]
    pub(crate) order_id: Option<String>,

    /// The amount in the currency, a JSON number
    #[arg(long, value_parser = amount, default_value = "0.000113", help_heading = HEADING)]
    amount: String,

    /// The currency's code
    #[arg(long, value_name = "CODE", default_value = "BNB", help_heading = HEADING)]
    currency: String,

    /// The status
    #[arg(long, default_value = "success", help_heading = HEADING)]
    status: String,

    /// Says in invoice_info that the payment is a test; a form cannot say so
    #[arg(long, help_heading = HEADING)]
    test_mode: bool,

    /// When the token expires from now; negative for one that has expired
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 300,
        allow_negative_numbers = true,
        help_heading = HEADING
    )]
    expires_in: i64,

    /// Takes the body from this file, - for standard input, and replaces its token
    ///
    /// Nothing else of it changes, and the new token is for the invoice that it names.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["order_id", "amount", "currency", "status", "test_mode"],
        help_heading = HEADING
    )]
    body: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum FormatName {
    Form,
    Json,
}

impl PostbackOptions {
    /// Takes the body from its file, where one is named.
    pub(crate) fn draft(&self, secret: &Secret) -> anyhow::Result<Draft> {
        let given = self.body.as_ref().map(|path| input::read(path, MAX_BYTES));
        let given = given.transpose()?;
        if given.as_ref().is_some_and(|body| body.len() == MAX_BYTES) {
            bail!("the body is too long");
        }
        let format = match (self.format, &given) {
            (Some(format), _) => format.into(),
            (None, Some(body)) => Format::detect(None, body)
                .context("the body is neither JSON nor a form: say which with --format")?,
            (None, None) => Format::Json,
        };
        let named = given.as_ref().map(|body| {
            let id = body::field(format, body, "invoice_id");
            id.and_then(|id| InvoiceId::parse(&id).ok())
        });
        let invoice_id = match (&self.invoice_id, &named) {
            (Some(id), _) | (None, Some(Some(id))) => id.as_str().to_owned(),
            (None, Some(None)) => bail!("the body names no invoice: say which with --invoice-id"),
            (None, None) => new_invoice_id(),
        };
        let draft = Draft {
            builder: self.builder(secret).invoice_id(&invoice_id),
            expires_in: self.expires_in,
            format,
            given,
            invoice_id,
        };
        // A body without a token is better found before anything is sent.
        draft.sign()?;
        Ok(draft)
    }

    /// All that the options say but the invoice and the time.
    pub(crate) fn builder(&self, secret: &Secret) -> PostbackBuilder {
        let builder = PostbackBuilder::new(secret.as_str())
            .amount(&self.amount)
            .currency(&self.currency)
            .status(&self.status)
            .test_mode(self.test_mode);
        match &self.order_id {
            Some(id) => builder.order_id(id),
            None => builder,
        }
    }
}

/// To be signed each time that it is sent, as the vendor does.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    builder: PostbackBuilder,
    expires_in: i64,
    pub(crate) format: Format,
    given: Option<Bytes>,
    pub(crate) invoice_id: String,
}

impl Draft {
    /// A token of now.
    pub(crate) fn token(&self) -> anyhow::Result<String> {
        Ok(self.signed_builder()?.signed_token())
    }

    /// A body with a token of now.
    pub(crate) fn sign(&self) -> anyhow::Result<Bytes> {
        let builder = self.signed_builder()?;
        match (&self.given, self.format) {
            (Some(body), format) => body::replace_token(format, body, &builder.signed_token()),
            (None, Format::Form) => Ok(builder.form().body()),
            (None, Format::Json) => Ok(builder.json().body()),
        }
    }

    /// A request with a freshly signed body.
    pub(crate) fn request(&self) -> anyhow::Result<Request> {
        Ok(Request::post(self.format.content_type(), self.sign()?))
    }

    fn signed_builder(&self) -> anyhow::Result<PostbackBuilder> {
        Ok(self.builder.clone().expires_at(from_now(self.expires_in)?))
    }
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Form => Self::Form,
            FormatName::Json => Self::Json,
        }
    }
}

/// That many seconds from now, at least 1970.
pub(crate) fn from_now(seconds: i64) -> anyhow::Result<UnixTime> {
    let now = UnixTime::now()?.as_secs();
    Ok(UnixTime::from_secs(now.saturating_add_signed(seconds)))
}

/// One that nobody has seen, of 8 characters like most of the vendor's.
pub(crate) fn new_invoice_id() -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    // The standard library's seed; it has to be new, and need not be secret.
    let mut bits = RandomState::new().build_hasher().finish();
    let mut id = String::new();
    for _ in 0..8 {
        let index = bits % 32;
        bits /= 32;
        let letter = usize::try_from(index).ok().and_then(|i| ALPHABET.get(i));
        id.extend(letter.map(|letter| char::from(*letter)));
    }
    id
}

fn amount(text: &str) -> Result<String, cryptocloud_postback::AmountError> {
    // As it is spelled, since that is what the endpoint has to read.
    Amount::parse(text).map(|_| text.to_owned())
}

fn invoice_id(text: &str) -> Result<InvoiceId, cryptocloud_postback::Error> {
    InvoiceId::parse(text)
}

const HEADING: &str = "Postback";

/// Far more than any endpoint should take.
const MAX_BYTES: usize = 16 << 20;
