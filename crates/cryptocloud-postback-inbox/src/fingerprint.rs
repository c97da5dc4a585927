use std::fmt;

use cryptocloud_postback::{Amount, Currency};
use sha2::{Digest, Sha256};

/// SHA-256 over the fields that one postback reports.
///
/// The fields are normalised and each is preceded by its length: the JSON and the form of one payment
/// agree, `100` and `100.0` agree, and no two different reports run together.
/// The token has no part in it, because it is new in every resend.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Reads a store's column.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn of(
        amount_crypto: Option<Amount>,
        currency: Option<&Currency>,
        order_id: Option<&str>,
    ) -> Self {
        let amount = amount_crypto.map(|amount| amount.as_decimal().normalize().to_string());
        Self(digest(
            b"postback fields 2",
            &[amount.as_deref(), currency.map(Currency::as_str), order_id],
        ))
    }
}

/// In hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

/// SHA-256 over parts that cannot run together: each has its length before it, and a missing one
/// differs from an empty one.
pub(crate) fn digest(domain: &[u8], parts: &[Option<&str>]) -> [u8; 32] {
    let mut hasher = Sha256::new_with_prefix(domain);
    for part in parts {
        match part {
            Some(text) => {
                hasher.update([1]);
                // A usize has 64 bits at most.
                hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
                hasher.update(text);
            }
            None => hasher.update([0]),
        }
    }
    hasher.finalize().into()
}

pub(crate) fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Fields<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

    const BASE: Fields<'_> = (Some("100"), Some("BNB"), Some("ORDER_1"));

    #[track_caller]
    fn of((amount, currency, order): Fields<'_>) -> Fingerprint {
        let amount =
            amount.map(|text| Amount::parse(text).unwrap_or_else(|error| panic!("{error}")));
        let currency = currency.map(|code| code.parse().unwrap_or_else(|error| panic!("{error}")));
        Fingerprint::of(amount, currency.as_ref(), order)
    }

    #[test]
    fn amounts_agree_by_value() {
        for amount in ["100.0", "1e2", "100.00", "1.00E+2"] {
            assert_eq!(of((Some(amount), BASE.1, BASE.2)), of(BASE));
        }
        let zero = |text| of((Some(text), BASE.1, BASE.2));
        assert_eq!(zero("0"), zero("0.00"));
    }

    #[test]
    fn every_field_counts() {
        let others: [Fields<'_>; 7] = [
            (Some("100.1"), BASE.1, BASE.2),
            (None, BASE.1, BASE.2),
            (BASE.0, Some("ETH"), BASE.2),
            (BASE.0, None, BASE.2),
            (BASE.0, BASE.1, Some("ORDER_2")),
            (BASE.0, BASE.1, None),
            (BASE.0, BASE.1, Some("")),
        ];
        for (index, fields) in others.iter().enumerate() {
            assert_ne!(of(*fields), of(BASE), "{fields:?}");
            for other in others.iter().skip(index + 1) {
                assert_ne!(of(*fields), of(*other), "{fields:?} {other:?}");
            }
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        let a = digest(b"", &[Some("ab"), Some("c")]);
        assert_ne!(a, digest(b"", &[Some("a"), Some("bc")]));
        assert_ne!(a, digest(b"x", &[Some("ab"), Some("c")]));
        assert_ne!(digest(b"", &[None]), digest(b"", &[Some("")]));
    }
}
