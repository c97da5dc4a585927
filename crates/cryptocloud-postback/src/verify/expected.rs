use std::{cmp::Ordering, error, fmt};

use crate::{Amount, Currency, Postback};

/// What the merchant's own record says about a payment, for
/// [`Verified::check`](crate::Verified::check).
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::{Currency, Expected};
///
/// let expected = Expected::order("ORDER_93223")
///     .currency(Currency::UsdtTrc20)
///     .amount("10.5".parse()?);
/// # Ok::<_, cryptocloud_postback::AmountError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Expected {
    amount: Option<Amount>,
    currency: Option<Currency>,
    order_id: Option<Box<str>>,
}

impl Expected {
    /// A payment for this order.
    pub fn order(order_id: impl Into<Box<str>>) -> Self {
        Self {
            amount: None,
            currency: None,
            order_id: Some(order_id.into()),
        }
    }

    /// A payment for no order, as payment links and donations make.
    pub fn without_order() -> Self {
        Self {
            amount: None,
            currency: None,
            order_id: None,
        }
    }

    /// In this currency; any, unless this is called.
    pub fn currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }

    /// Of this amount; any, unless this is called.
    ///
    /// [`Mismatch`] tells less from more, since the vendor confirms both as `success`.
    pub fn amount(mut self, amount: Amount) -> Self {
        self.amount = Some(amount);
        self
    }

    pub(crate) fn compare(&self, reported: &Postback) -> Result<(), Mismatch> {
        let mismatch = Mismatch {
            amount: self
                .amount
                .map(|amount| reported.amount_crypto.cmp(&Some(amount)))
                .filter(|ordering| ordering.is_ne()),
            currency: self
                .currency
                .as_ref()
                .is_some_and(|currency| Some(currency) != reported.currency.as_ref()),
            order_id: self.order_id != reported.order_id,
        };
        if mismatch.amount.is_some() || mismatch.currency || mismatch.order_id {
            return Err(mismatch);
        }
        Ok(())
    }
}

/// What a postback reports otherwise than the merchant's own record says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Mismatch {
    amount: Option<Ordering>,
    currency: bool,
    order_id: bool,
}

impl Mismatch {
    /// Whether the order differs.
    #[must_use]
    pub fn order_id(&self) -> bool {
        self.order_id
    }

    /// Whether the currency differs. If so, the amounts are of different things.
    #[must_use]
    pub fn currency(&self) -> bool {
        self.currency
    }

    /// Whether less (`Less`) or more (`Greater`) was reported than expected; None where the amount
    /// is right.
    #[must_use]
    pub fn amount(&self) -> Option<Ordering> {
        self.amount
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            self.order_id.then_some("order"),
            self.currency.then_some("currency"),
            self.amount.map(|ordering| match ordering {
                Ordering::Less => "amount (less)",
                Ordering::Equal | Ordering::Greater => "amount (more)",
            }),
        ];
        f.write_str("reported otherwise than expected:")?;
        for (index, name) in names.into_iter().flatten().enumerate() {
            f.write_str(if index == 0 { " " } else { ", " })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl error::Error for Mismatch {}
