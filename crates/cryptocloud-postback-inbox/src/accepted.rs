use cryptocloud_postback::Amount;

/// What an operator names when accepting a payment: the amount to credit and, if it is not the order
/// that the handler would find, the order.
///
/// Both are stored in the same step that accepts the payment. If several operators accept it at once,
/// one wins, and the handler gets what that one named.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback_inbox::Accepted;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let accepted = Accepted::new("10.5".parse()?).order("ORDER_93223")?;
/// assert_eq!(accepted.order_id(), Some("ORDER_93223"));
/// assert!(accepted.order("two\nlines").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct Accepted {
    amount: Amount,
    order_id: Option<Box<str>>,
}

impl Accepted {
    /// An amount, and the order that the handler finds.
    pub fn new(amount: Amount) -> Self {
        Self {
            amount,
            order_id: None,
        }
    }

    /// Names the order.
    ///
    /// # Errors
    ///
    /// Returns an error if the id is empty, longer than 1,024 bytes, or has control characters.
    pub fn order(mut self, id: impl Into<Box<str>>) -> Result<Self, AcceptedError> {
        let id: Box<str> = id.into();
        if id.is_empty() || id.len() > MAX_ORDER_ID_BYTES || id.contains(char::is_control) {
            return Err(AcceptedError(()));
        }
        self.order_id = Some(id);
        Ok(self)
    }

    /// The amount to credit, in the [order's unit](cryptocloud_postback::Expected::check_accepted).
    #[must_use]
    pub fn amount(&self) -> Amount {
        self.amount
    }

    /// The order to credit, if the operator named one.
    #[must_use]
    pub fn order_id(&self) -> Option<&str> {
        self.order_id.as_deref()
    }
}

/// The order id of an [`Accepted`] cannot be one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("order id is empty, longer than 1,024 bytes, or has control characters")]
pub struct AcceptedError(());

/// As long as a reported order id may be.
const MAX_ORDER_ID_BYTES: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(order_id: &str, is_right: bool) {
        let amount = Amount::parse("10.5").unwrap_or_else(|error| panic!("{error}"));
        let accepted = Accepted::new(amount).order(order_id);
        assert_eq!(accepted.is_ok(), is_right, "{order_id:?}");
    }

    #[test]
    fn order_ids_are_bounded_strings() {
        check("A-2", true);
        check(" ", true);
        check(&"ж".repeat(512), true);
        check(&"ж".repeat(513), false);
        check("", false);
        check("A\nB", false);
        check("A\0", false);
        check("\u{1b}[2J", false);
        check("\u{85}", false);
    }

    #[test]
    fn debug_shows_no_text_direction() -> Result<(), Box<dyn std::error::Error>> {
        let accepted = Accepted::new("1".parse()?).order("\u{202e}A\"")?;
        let debug = format!("{accepted:?}");
        assert!(debug.contains(r#"Some("\u{202e}A\"")"#), "{debug}");
        Ok(())
    }
}
