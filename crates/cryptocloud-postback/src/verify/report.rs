use crate::{Amount, Currency, InvoiceId, InvoiceInfo};

/// What a postback reports, or what the vendor's API states, as far as [`Expected`](crate::Expected) compares it.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::{Difference, Expected, InvoiceId, Report};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let invoice_id = InvoiceId::parse("ILRAJE1Q")?;
/// let report = Report {
///     invoice_id: &invoice_id,
///     order_id: None,
///     amount_crypto: Some("5".parse()?),
///     currency: None,
///     invoice_info: None,
///     is_stated: false,
/// };
/// let expected = Expected::invoice(invoice_id.clone()).minimum_paid("10.5".parse()?);
/// let mismatch = expected.check(&report).unwrap_err();
/// assert!(mismatch.contains(Difference::AmountTooLow));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The invoice.
    pub invoice_id: &'a InvoiceId,
    /// The merchant's own number of the order.
    pub order_id: Option<&'a str>,
    /// The amount in [`currency`](Self::currency).
    pub amount_crypto: Option<Amount>,
    /// The currency of the payment.
    pub currency: Option<&'a Currency>,
    /// `None` if there is none, as in every form.
    pub invoice_info: Option<&'a InvoiceInfo>,
    /// Whether the vendor's API states all this, instead of a postback.
    ///
    /// The API states what was invoiced and not what was paid.
    /// So its [status](InvoiceInfo::status) decides whether the invoice is paid in full, and an
    /// invoice that is `paid` or `overpaid` counts as paid with its invoiced amount.
    pub is_stated: bool,
}
