use std::{error, fmt};

use crate::listed::listed;

listed! {
    /// One difference between a postback and what the merchant [expected](crate::Expected).
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
    #[non_exhaustive]
    pub enum Difference ("Every difference, in the order in which a [`Mismatch`] lists them.") {
        /// The token was issued for another invoice.
        Invoice = "invoice differs",
        /// The postback reports another order.
        Order = "order differs",
        /// `order_id` is null, missing or empty, as for a payment link.
        OrderNotReported = "order is not reported",
        /// Less than the expected amount of the payment's currency is reported, or an exact amount is
        /// expected and the invoice is `partial`.
        AmountTooLow = "amount too low",
        /// More than the expected amount of the payment's currency is reported.
        AmountTooHigh = "amount too high",
        /// `amount_crypto` is null, missing or empty, as for a payment confirmed by hand.
        AmountNotReported = "amount is not reported",
        /// The postback reports another currency. If so, its amount is not comparable.
        Currency = "currency differs",
        /// `currency` is null, missing or empty.
        CurrencyNotReported = "currency is not reported",
        /// `invoice_info` is missing, as in every form, so a price or an amount in US dollars cannot be
        /// compared.
        InvoiceInfoMissing = "invoice_info is missing, as in every form",
        /// The invoice has another price in US dollars or in the fiat currency.
        Price = "price differs",
        /// The price is missing from `invoice_info` or unreadable there.
        PriceNotReported = "price is not reported",
        /// The invoice has its price in another fiat currency.
        FiatCurrency = "fiat currency differs",
        /// `fiat_currency` is missing from `invoice_info` or unreadable there. The vendor does not
        /// document it for postbacks.
        FiatCurrencyNotReported = "fiat currency is not reported",
        /// The invoice is not paid in full, or less than the minimum in US dollars was paid.
        PaidTooLow = "paid amount too low",
        /// What was to be paid or what was paid is missing from `invoice_info` or unreadable there.
        PaidNotReported = "paid amount is not reported",
    }
}

/// Every difference between a postback and what the merchant expected.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::{Difference, Mismatch};
///
/// /// Whether to ask the customer for the rest, instead of holding the payment for review.
/// fn is_only_underpaid(mismatch: &Mismatch) -> bool {
///     mismatch.differences().all(|difference| {
///         matches!(difference, Difference::AmountTooLow | Difference::PaidTooLow)
///     })
/// }
/// ```
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Mismatch(u32);

impl Mismatch {
    /// `None` if there is no difference.
    pub(super) fn new(differences: impl IntoIterator<Item = Difference>) -> Option<Self> {
        let bits = differences
            .into_iter()
            .fold(0, |bits, difference| bits | bit(difference));
        (bits != 0).then_some(Self(bits))
    }

    /// Every difference; there is at least one.
    pub fn differences(&self) -> impl Iterator<Item = Difference> + use<> {
        let mismatch = *self;
        let all = Difference::ALL.iter().copied();
        all.filter(move |difference| mismatch.contains(*difference))
    }

    /// Whether the postback differs in this way.
    #[must_use]
    pub fn contains(&self, difference: Difference) -> bool {
        self.0 & bit(difference) != 0
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postback does not match the order: ")?;
        for (index, difference) in self.differences().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            difference.fmt(f)?;
        }
        Ok(())
    }
}

impl error::Error for Mismatch {}

impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mismatch")?;
        f.debug_set().entries(self.differences()).finish()
    }
}

/// There are fewer differences than bits.
fn bit(difference: Difference) -> u32 {
    1 << difference as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_each_difference_once_in_order() {
        let two = [
            Difference::Currency,
            Difference::Invoice,
            Difference::Currency,
        ];
        let mismatch = Mismatch::new(two).map(|mismatch| (mismatch.to_string(), mismatch));
        let text = "postback does not match the order: invoice differs, currency differs";
        assert_eq!(
            mismatch.map(|(text, mismatch)| (text, format!("{mismatch:?}"))),
            Some((text.to_owned(), "Mismatch{Invoice, Currency}".to_owned()))
        );
        let all = Mismatch::new(Difference::ALL.iter().copied());
        assert!(all.is_some_and(|all| all.differences().eq(Difference::ALL.iter().copied())));
        assert_eq!(Mismatch::new([]), None);
    }
}
