use crate::{
    Amount, Currency, Difference, InvoiceId, InvoiceInfo, InvoiceStatus, Mismatch, Report,
};

/// What the merchant's own record says about a payment, for
/// [`Verified::check`](crate::Verified::check).
///
/// Store the invoice id when you create the invoice.
/// When a postback arrives, find your order by the [proven invoice
/// id](crate::Verified::invoice_id), and compare the rest, which is only reported, with that order:
///
/// ```
/// use cryptocloud_postback::{Amount, Currency, Expected, InvoiceId, Verified};
/// # use cryptocloud_postback::{SecretKey, Verifier, testing::PostbackBuilder};
///
/// struct Order {
///     id: &'static str,
///     invoice_id: InvoiceId,
///     amount: Amount,
///     currency: Currency,
/// }
///
/// /// Why a genuine postback does not pay an order: hold it for review, and respond with 200.
/// fn problem(orders: &[Order], postback: &Verified) -> Option<String> {
///     let found = orders.iter().find(|order| order.invoice_id == *postback.invoice_id());
///     let Some(order) = found else {
///         return Some("no order has this invoice".to_owned());
///     };
///     let expected = Expected::invoice(order.invoice_id.clone())
///         .order(order.id)
///         .currency(order.currency.clone())
///         .minimum_paid(order.amount);
///     Some(postback.check(&expected).err()?.to_string())
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let secret = "not-a-real-key-only-for-this-example";
/// # let verifier = Verifier::new(SecretKey::new(secret)?)?;
/// # let verify = |postback: &PostbackBuilder| {
/// #     let signed = postback.json();
/// #     verifier.verify(signed.head(), signed.body())
/// # };
/// let orders = [Order {
///     id: "ORDER_93223",
///     invoice_id: InvoiceId::parse("INV-ILRAJE1Q")?,
///     amount: "10.5".parse()?,
///     currency: Currency::UsdtTrc20,
/// }];
/// let paid = PostbackBuilder::new(secret)
///     .order_id("ORDER_93223")
///     .amount("10.5")
///     .currency("USDT_TRC20");
/// assert_eq!(problem(&orders, &verify(&paid)?), None);
///
/// let underpaid = paid.clone().paid("5");
/// assert_eq!(
///     problem(&orders, &verify(&underpaid)?).as_deref(),
///     Some("postback does not match the order: amount too low")
/// );
///
/// let unknown_invoice = paid.clone().invoice_id("OTHER123");
/// assert_eq!(
///     problem(&orders, &verify(&unknown_invoice)?).as_deref(),
///     Some("no order has this invoice")
/// );
///
/// let null_order = paid.clone().field("order_id", "null");
/// assert_eq!(
///     problem(&orders, &verify(&null_order)?).as_deref(),
///     Some("postback does not match the order: order is not reported")
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Expected {
    amount: Option<Amount>,
    currency: Option<Currency>,
    fiat: Option<(Amount, Box<str>)>,
    invoice_id: Option<InvoiceId>,
    minimum_paid: Option<Amount>,
    minimum_paid_usd: Option<Amount>,
    order_id: Option<Box<str>>,
    usd: Option<Amount>,
}

impl Expected {
    /// Expects a payment of the invoice that the merchant's own record names.
    ///
    /// This compares with what the token proves, so no rewritten body passes for another invoice.
    pub fn invoice(invoice_id: InvoiceId) -> Self {
        Self {
            invoice_id: Some(invoice_id),
            ..Self::any()
        }
    }

    /// Expects a payment of this order, **whatever its invoice is**: for merchants who did not
    /// store the invoice id.
    ///
    /// Nothing that this compares is signed.
    /// An attacker who holds a valid token of any invoice, say of their own cheap one, can write
    /// this order, its currency and its amount into the body, and the check passes.
    /// Ask the vendor's API about the invoice before you deliver anything.
    pub fn unproven_order(order_id: impl Into<Box<str>>) -> Self {
        Self::any().order(order_id)
    }

    fn any() -> Self {
        Self {
            amount: None,
            currency: None,
            fiat: None,
            invoice_id: None,
            minimum_paid: None,
            minimum_paid_usd: None,
            order_id: None,
            usd: None,
        }
    }

    /// Expects this order. Defaults to any order, also none.
    pub fn order(mut self, order_id: impl Into<Box<str>>) -> Self {
        self.order_id = Some(order_id.into());
        self
    }

    /// Expects a payment in this currency. Defaults to any.
    pub fn currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }

    /// Expects exactly this amount of the payment's currency, so name the
    /// [`currency`](Self::currency) too.
    ///
    /// This compares with [`Postback::amount_crypto`](crate::Postback::amount_crypto).
    /// The vendor does not say whether a partial payment changes that field, so in JSON
    /// [`InvoiceInfo::amount_paid`] must not be less either, and the invoice must not be `partial`.
    /// An overpayment is a mismatch too; [`minimum_paid`](Self::minimum_paid) lets it pass.
    pub fn amount(mut self, amount: Amount) -> Self {
        self.amount = Some(amount);
        self
    }

    /// Expects at least this amount of the payment's currency, so name the
    /// [`currency`](Self::currency) too.
    ///
    /// This compares with [`Postback::amount_crypto`](crate::Postback::amount_crypto), and in JSON with
    /// [`InvoiceInfo::amount_paid`] as well: neither must be less.
    pub fn minimum_paid(mut self, amount: Amount) -> Self {
        self.minimum_paid = Some(amount);
        self
    }

    /// Expects that the invoice was issued for this price in US dollars and is paid in full.
    ///
    /// The price is [`InvoiceInfo::amount_usd`] exactly.
    /// Paid in full is decided in the payment's currency, so that no exchange rate disturbs it:
    /// [`InvoiceInfo::amount_paid`] is at least [`InvoiceInfo::amount_to_pay`], and the invoice is
    /// not `partial`.
    /// A form has no `invoice_info`, so there this is always a mismatch.
    pub fn usd(mut self, price: Amount) -> Self {
        self.usd = Some(price);
        self
    }

    /// Expects that the invoice was issued for this price in a fiat currency and is paid in full.
    ///
    /// The price is [`InvoiceInfo::amount_in_fiat`] exactly, and its code, such as `EUR`, is
    /// [`InvoiceInfo::fiat_currency`].
    /// The vendor does not document that code for postbacks: if it is missing, the mismatch is
    /// [`Difference::FiatCurrencyNotReported`].
    /// Paid in full means the same as for [`usd`](Self::usd).
    pub fn fiat(mut self, price: Amount, code: impl Into<Box<str>>) -> Self {
        self.fiat = Some((price, code.into()));
        self
    }

    /// Expects that at least this amount in US dollars was paid.
    ///
    /// This compares with [`InvoiceInfo::amount_paid_usd`], which depends on the vendor's exchange
    /// rate.
    /// A form has no `invoice_info`, so there this is always a mismatch.
    pub fn minimum_paid_usd(mut self, amount: Amount) -> Self {
        self.minimum_paid_usd = Some(amount);
        self
    }

    /// Compares with what was reported.
    ///
    /// A handler calls [`Verified::check`](crate::Verified::check) instead; this is for a payment
    /// that was stored before.
    ///
    /// # Errors
    ///
    /// Returns a [`Mismatch`] that lists every difference.
    pub fn check(&self, report: &Report<'_>) -> Result<(), Mismatch> {
        let differences = [
            self.invoice_differs(report),
            self.order_differs(report),
            self.amount_differs(report),
            self.currency_differs(report),
        ];
        let differences = differences.into_iter().flatten();
        match Mismatch::new(differences.chain(self.info_differs(report))) {
            Some(mismatch) => Err(mismatch),
            None => Ok(()),
        }
    }

    /// Compares with what an operator accepted after a review: an amount and, if it is not `None`, an
    /// order.
    ///
    /// The operator has seen how the rest differs, so only these and the proven invoice are compared.
    /// The amount is in the unit of the order: the payment's currency if an
    /// [`amount`](Self::amount) or a [`minimum_paid`](Self::minimum_paid) is expected, else that of
    /// the price.
    ///
    /// # Errors
    ///
    /// Returns a [`Mismatch`] if the invoice or the order differs, or if the amount is too low or too
    /// high.
    pub fn check_accepted(
        &self,
        invoice_id: &InvoiceId,
        order_id: Option<&str>,
        amount: Amount,
    ) -> Result<(), Mismatch> {
        let price = self.usd.or(self.fiat.as_ref().map(|(price, _)| *price));
        let exactly = self
            .amount
            .or(price.filter(|_| self.minimum_paid.is_none()));
        let least = exactly.or(self.minimum_paid).or(self.minimum_paid_usd);
        let is_other = self.invoice_id.as_ref().is_some_and(|id| id != invoice_id);
        let orders = self.order_id.as_deref().zip(order_id);
        let is_other_order = orders.is_some_and(|(expected, id)| expected != id);
        let differences = [
            is_other.then_some(Difference::Invoice),
            is_other_order.then_some(Difference::Order),
            least
                .filter(|least| amount < *least)
                .map(|_| Difference::AmountTooLow),
            exactly
                .filter(|most| amount > *most)
                .map(|_| Difference::AmountTooHigh),
        ];
        match Mismatch::new(differences.into_iter().flatten()) {
            Some(mismatch) => Err(mismatch),
            None => Ok(()),
        }
    }

    /// Whether `invoice_info` can make a difference.
    pub(crate) fn reads_info(&self) -> bool {
        self.amount.is_some() || self.minimum_paid.is_some() || self.needs_info()
    }

    fn needs_info(&self) -> bool {
        self.usd.is_some() || self.fiat.is_some() || self.minimum_paid_usd.is_some()
    }

    fn invoice_differs(&self, report: &Report<'_>) -> Option<Difference> {
        let expected = self.invoice_id.as_ref()?;
        (expected != report.invoice_id).then_some(Difference::Invoice)
    }

    fn order_differs(&self, report: &Report<'_>) -> Option<Difference> {
        let expected = self.order_id.as_ref()?;
        match report.order_id {
            None => Some(Difference::OrderNotReported),
            Some(order_id) => (order_id != &**expected).then_some(Difference::Order),
        }
    }

    fn currency_differs(&self, report: &Report<'_>) -> Option<Difference> {
        let expected = self.currency.as_ref()?;
        match report.currency {
            None => Some(Difference::CurrencyNotReported),
            Some(currency) => (currency != expected).then_some(Difference::Currency),
        }
    }

    /// The amount in the payment's currency.
    fn amount_differs(&self, report: &Report<'_>) -> Option<Difference> {
        let least = self.amount.max(self.minimum_paid)?;
        let Some(amount) = report.amount_crypto else {
            return Some(Difference::AmountNotReported);
        };
        let info = report.invoice_info;
        if report.is_stated {
            return self.stated_amount_differs(least, amount, info);
        }
        if info.is_some_and(|info| info.faults().contains(&"amount_paid")) {
            return Some(Difference::PaidNotReported);
        }
        let paid = info.and_then(|info| info.amount_paid).unwrap_or(amount);
        let is_partial = self.amount.is_some() && info.is_some_and(is_partial);
        if amount.min(paid) < least || is_partial {
            return Some(Difference::AmountTooLow);
        }
        let most = self.amount?;
        (amount > most).then_some(Difference::AmountTooHigh)
    }

    /// The amount in the payment's currency, by the vendor's statement.
    fn stated_amount_differs(
        &self,
        least: Amount,
        amount: Amount,
        info: Option<&InvoiceInfo>,
    ) -> Option<Difference> {
        let status = info.and_then(|info| info.status.as_ref());
        let is_overpaid = match status {
            None => return Some(Difference::PaidNotReported),
            Some(InvoiceStatus::Overpaid) => true,
            Some(InvoiceStatus::Paid) => false,
            Some(_) => return Some(Difference::AmountTooLow),
        };
        if amount < least {
            return Some(Difference::AmountTooLow);
        }
        let most = self.amount?;
        (amount > most || is_overpaid).then_some(Difference::AmountTooHigh)
    }

    /// What only `invoice_info` reports.
    fn info_differs(&self, report: &Report<'_>) -> Vec<Difference> {
        let mut differences = Vec::new();
        if !self.needs_info() {
            return differences;
        }
        let Some(info) = report.invoice_info else {
            return vec![Difference::InvoiceInfoMissing];
        };
        let price = |expected: Amount, reported: Option<Amount>| match reported {
            None => Some(Difference::PriceNotReported),
            Some(price) => (price != expected).then_some(Difference::Price),
        };
        let paid = |least: Option<Amount>, paid: Option<Amount>| match (least, paid) {
            (Some(least), Some(paid)) => (paid < least).then_some(Difference::PaidTooLow),
            _ => Some(Difference::PaidNotReported),
        };
        if let Some(usd) = self.usd {
            differences.extend(price(usd, info.amount_usd));
        }
        if let Some((fiat, code)) = &self.fiat {
            differences.extend(price(*fiat, info.amount_in_fiat));
            differences.extend(match &info.fiat_currency {
                None => Some(Difference::FiatCurrencyNotReported),
                Some(reported) => {
                    (!reported.eq_ignore_ascii_case(code)).then_some(Difference::FiatCurrency)
                }
            });
        }
        if report.is_stated {
            differences.extend(unpaid(info));
        } else if self.usd.is_some() || self.fiat.is_some() {
            differences.extend(paid(info.amount_to_pay, info.amount_paid));
            differences.extend(is_partial(info).then_some(Difference::PaidTooLow));
        }
        if self.minimum_paid_usd.is_some() {
            let amount = if report.is_stated {
                info.amount_usd
            } else {
                info.amount_paid_usd
            };
            differences.extend(paid(self.minimum_paid_usd, amount));
        }
        differences
    }
}

/// Why an invoice is not paid in full, by the status that the vendor states.
fn unpaid(info: &InvoiceInfo) -> Option<Difference> {
    match info.status {
        Some(InvoiceStatus::Overpaid | InvoiceStatus::Paid) => None,
        Some(_) => Some(Difference::PaidTooLow),
        None => Some(Difference::PaidNotReported),
    }
}

fn is_partial(info: &InvoiceInfo) -> bool {
    info.status == Some(InvoiceStatus::Partial)
}
