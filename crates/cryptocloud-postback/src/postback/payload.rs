use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    Amount, Currency, Error, ErrorKind, Format, InvoiceId, InvoiceInfo, MAX_BODY_BYTES, Status,
    Unverified,
    body::{
        fields::{Fields, Value},
        text,
    },
    error::Cause,
};

/// A postback as reported: well-formed and typed, but not signed.
///
/// The vendor's token signs the invoice's id and nothing else of this.
/// Whoever holds a valid token could have written all other fields, so compare them with your own
/// record ([`Verified::check`](crate::Verified::check)) or ask the vendor's API before you credit
/// anything.
#[derive(Clone)]
#[non_exhaustive]
pub struct Postback {
    /// The reported amount in [`currency`](Self::currency); `None` if it is null, missing or empty,
    /// as for a payment confirmed by hand.
    pub amount_crypto: Option<Amount>,
    /// The reported currency; `None` if it is null, missing or empty.
    pub currency: Option<Currency>,
    /// The invoice, without the prefix `INV-`.
    pub invoice_id: InvoiceId,
    /// The merchant's own number of the order; None where it is null, missing or empty.
    ///
    /// Never an idempotency key: for a static wallet it is the customer, and repeats with every
    /// deposit.
    pub order_id: Option<Box<str>>,
    /// The reported status, documented only as `success`.
    pub status: Status,
    /// The whole body, since `invoice_info` stays raw text in it until somebody asks.
    pub(crate) body: Bytes,
    pub(crate) format: Format,
}

impl Postback {
    /// Reads a postback **without verifying anything**.
    ///
    /// For tools that show what arrived; a handler wants [`Verifier`](crate::Verifier).
    ///
    /// # Errors
    ///
    /// The kinds of status 400, 413 and 415.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::Postback;
    ///
    /// let body = "status=success&invoice_id=ILRAJE1Q&amount_crypto=1e-05&currency=BNB";
    /// let postback = Postback::parse(None, body.into())?;
    /// assert_eq!(postback.amount_crypto, Some("0.00001".parse()?));
    /// assert_eq!(postback.order_id, None);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(content_type: Option<&[u8]>, body: Bytes) -> Result<Self, Error> {
        if body.len() > MAX_BODY_BYTES {
            return Err(Error::bare(ErrorKind::BodyTooLarge));
        }
        let format = Format::detect(content_type, &body)?;
        let unverified = Unverified::new(body, format);
        let mut postback = unverified
            .fields()
            .and_then(|fields| Self::from_fields(&fields, format))
            .map_err(|error| error.with_format(format))?;
        postback.body = unverified.into_body();
        Ok(postback)
    }

    /// The format that the postback arrived in.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Reads `invoice_info` field by field; `None` in a form, and if it is null or missing.
    ///
    /// It is read only here, so that an odd value in an informational field never refuses a genuine
    /// payment: such a field is `None`, and [`InvoiceInfo::faults`] has its name.
    #[must_use]
    pub fn invoice_info(&self) -> Option<InvoiceInfo> {
        self.invoice_info_text().map(InvoiceInfo::parse)
    }

    /// The JSON text of `invoice_info` as it came, None where it is null, missing or not in JSON.
    #[must_use]
    pub fn invoice_info_text(&self) -> Option<&str> {
        #[derive(Deserialize)]
        struct Envelope<'a> {
            #[serde(borrow)]
            invoice_info: Option<&'a RawValue>,
        }
        match self.format {
            Format::Form => None,
            Format::Json => serde_json::from_slice::<Envelope<'_>>(&self.body)
                .ok()?
                .invoice_info
                .map(RawValue::get),
        }
    }

    /// Types the fields; the body is for the caller to put in.
    pub(crate) fn from_fields(fields: &Fields<'_>, format: Format) -> Result<Self, Error> {
        let invalid = |cause| Error::new(ErrorKind::InvalidField, cause);
        let Some(invoice_id) = fields.invoice_id.optional("invoice_id")? else {
            let cause = Cause::field("invoice_id", "is missing");
            return Err(Error::new(ErrorKind::MissingId, cause));
        };
        let invoice_id = InvoiceId::parse_field("invoice_id", invoice_id).map_err(invalid)?;
        let order_id = fields.order_id.optional("order_id")?;
        if let Some(order_id) = order_id {
            text::check("order_id", order_id).map_err(invalid)?;
        }
        let status = fields.status.required("status")?;
        let currency = fields.currency.optional("currency")?;
        Ok(Self {
            amount_crypto: amount(&fields.amount_crypto)?,
            currency: currency
                .map(|code| Currency::parse_field("currency", code))
                .transpose()
                .map_err(invalid)?,
            invoice_id,
            order_id: order_id.map(Into::into),
            status: Status::parse_field("status", status).map_err(invalid)?,
            body: Bytes::new(),
            format,
        })
    }
}

/// Without the body, which holds the token.
impl fmt::Debug for Postback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postback")
            .field("amount_crypto", &self.amount_crypto)
            .field("currency", &self.currency)
            .field("invoice_id", &self.invoice_id)
            .field("order_id", &self.order_id)
            .field("status", &self.status)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

fn amount(value: &Value<'_>) -> Result<Option<Amount>, Error> {
    const NAME: &str = "amount_crypto";
    let text = match value {
        Value::Number(text) => Some(*text),
        value => value.optional(NAME)?,
    };
    text.map(Amount::parse)
        .transpose()
        .map_err(|error| Error::new(ErrorKind::InvalidField, error.in_field(NAME)))
}
