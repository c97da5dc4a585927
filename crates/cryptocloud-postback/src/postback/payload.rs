use std::fmt;

use bytes::Bytes;

use crate::{
    Amount, Currency, Error, ErrorKind, Format, InvoiceId, InvoiceInfo, Status, Unverified,
    body::{
        fields::Fields,
        json::{self, Raw},
        media_type::MediaType,
        value::Value,
    },
    http::watch::Watch,
    postback::code,
};

/// A postback as reported: well-formed and typed, but not signed.
///
/// The vendor's token signs the invoice id and no other field.
/// A sender who holds a valid token can write anything into the others, so compare them with your
/// own record ([`Verified::check`](crate::Verified::check)) or ask the vendor's API before you credit
/// a payment.
///
/// A postback is refused for a field only if that cannot be read safely: a malformed amount, a
/// control character, a value of the wrong type, or a documented name that appears twice.
/// It is never refused for anything inside `invoice_info`, unless the verifier
/// [requires a live payment](crate::VerifierBuilder::require_live_payment).
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
    /// The merchant's own order id, at most 1,024 bytes; `None` if it is null, missing or empty.
    ///
    /// If it is a number in JSON, this is its literal text.
    /// Never use it as an idempotency key: for a static wallet it is the customer, and repeats with
    /// every deposit.
    /// It may hold characters that change how a line is displayed, such as U+202E: log it with
    /// `{:?}`, which escapes them.
    pub order_id: Option<Box<str>>,
    /// The reported status, documented only as `success`.
    pub status: Status,
    /// The whole body, in which `invoice_info` stays raw text until it is decoded.
    pub(crate) body: Bytes,
    format: Format,
    uuid_differs: bool,
}

impl Postback {
    /// Reads a postback **without verifying anything**.
    ///
    /// For tools that show what arrived; a handler needs a [`Verifier`](crate::Verifier).
    ///
    /// # Errors
    ///
    /// Returns an error if the body is too large ([`ErrorKind::BodyTooLarge`]), in neither format
    /// ([`ErrorKind::MediaType`]), or not a well-formed postback (any kind whose response is 400).
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
        let unverified = Unverified::new(MediaType::parse(content_type), body, Watch::off())?;
        let format = unverified.format();
        let mut postback = unverified
            .fields()
            .and_then(|fields| Self::from_fields(&fields, format))
            .map_err(|error| error.with_format(format))?;
        postback.body = unverified.into_parts().0;
        Ok(postback)
    }

    /// The format that the postback arrived in.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether `invoice_info.uuid` names another invoice than [`invoice_id`](Self::invoice_id).
    ///
    /// The token does not sign that uuid, so it proves nothing, and no postback is refused for it.
    /// If it differs, the event of the accepted postback is a warning: the vendor sends equal ids.
    /// A uuid that is not a string, or that appears twice, differs; one that is null or missing does
    /// not.
    #[must_use]
    pub fn uuid_differs(&self) -> bool {
        self.uuid_differs
    }

    /// Reads `invoice_info` field by field; `None` in a form, and if it is null or missing.
    ///
    /// It is read only here, so that an odd value in an informational field never refuses a genuine
    /// payment: such a field is `None`, and [`InvoiceInfo::faults`] has its name.
    #[must_use]
    pub fn invoice_info(&self) -> Option<InvoiceInfo> {
        self.invoice_info_text().map(InvoiceInfo::parse)
    }

    /// The JSON text of `invoice_info` as it arrived; `None` in a form, and if it is null or missing.
    #[must_use]
    pub fn invoice_info_text(&self) -> Option<&str> {
        if self.format == Format::Form {
            return None;
        }
        let mut fields = [Raw::Missing];
        json::read(
            str::from_utf8(&self.body).ok()?,
            &["invoice_info"],
            &mut fields,
        )
        .ok()?;
        match fields {
            [Raw::Json(text)] if text != "null" => Some(text),
            _ => None,
        }
    }

    /// Converts the fields to their types; the caller sets the body.
    pub(crate) fn from_fields(fields: &Fields<'_>, format: Format) -> Result<Self, Error> {
        // First, so that every later error carries it.
        let invoice_id = invoice_id(&fields.invoice_id)?;
        let claimed = |error: Error| error.with_invoice_id(invoice_id.clone());
        Ok(Self {
            amount_crypto: amount(&fields.amount_crypto).map_err(claimed)?,
            currency: currency(&fields.currency).map_err(claimed)?,
            order_id: order_id(&fields.order_id).map_err(claimed)?,
            status: status(&fields.status).map_err(claimed)?,
            body: Bytes::new(),
            format,
            uuid_differs: fields.invoice_info.names_another(&invoice_id),
            invoice_id,
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
    value
        .non_empty_literal("amount_crypto")?
        .map(Amount::parse)
        .transpose()
        .map_err(|error| Error::invalid("amount_crypto", error.problem()))
}

fn currency(value: &Value<'_>) -> Result<Option<Currency>, Error> {
    value
        .non_empty_string("currency")?
        .map(Currency::parse)
        .transpose()
        .map_err(|error| Error::invalid("currency", error.problem()))
}

fn invoice_id(value: &Value<'_>) -> Result<InvoiceId, Error> {
    let Some(text) = value.non_empty_string("invoice_id")? else {
        return Err(Error::field(
            ErrorKind::MissingId,
            "invoice_id",
            "is missing",
        ));
    };
    InvoiceId::parse(text).map_err(|error| Error::invalid("invoice_id", error.problem()))
}

/// A number is its literal text: public clients declare `order_id` as either.
fn order_id(value: &Value<'_>) -> Result<Option<Box<str>>, Error> {
    let Some(text) = value.non_empty_literal("order_id")? else {
        return Ok(None);
    };
    code::check(text, MAX_ORDER_ID_BYTES)
        .map_err(|error| Error::invalid("order_id", error.problem()))?;
    Ok(Some(text.into()))
}

fn status(value: &Value<'_>) -> Result<Status, Error> {
    let text = value.required_string("status")?;
    Status::parse(text).map_err(|error| Error::invalid("status", error.problem()))
}

/// The vendor documents no limit, but the merchant chooses the id, and no shop's is that long.
const MAX_ORDER_ID_BYTES: usize = 1_024;
