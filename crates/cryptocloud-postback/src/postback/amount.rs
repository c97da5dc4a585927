use std::{error, fmt, str::FromStr};

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::error::Cause;

/// An amount of money, exactly as its decimal text says.
///
/// It is never negative and never passes through a float.
/// Amounts compare by value, so `100` equals `100.0`, and print without an exponent.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Amount(Decimal);

impl Amount {
    /// Reads a JSON number (RFC 8259 section 6), exponent form included.
    ///
    /// # Errors
    ///
    /// Refuses a text that is not a JSON number, a negative one, and one whose digits a [`Decimal`]
    /// cannot hold: it would have to be rounded.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::Amount;
    ///
    /// let amount = Amount::parse("1e-05")?;
    /// assert_eq!(amount.to_string(), "0.00001");
    /// assert!(Amount::parse("-1").is_err());
    /// # Ok::<_, cryptocloud_postback::AmountError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let number = Number::parse(text)?;
        // It refuses what it would have to round, unlike `Decimal::from_str`.
        let digits = Decimal::from_str_exact(number.mantissa).map_err(|_| AmountError::Inexact)?;
        shift(digits, number.exponent).map(Self)
    }

    /// The amount as a decimal.
    #[must_use]
    pub fn as_decimal(self) -> Decimal {
        self.0
    }
}

impl TryFrom<Decimal> for Amount {
    type Error = AmountError;

    fn try_from(decimal: Decimal) -> Result<Self, AmountError> {
        if decimal.is_sign_negative() {
            return Err(AmountError::Negative);
        }
        Ok(Self(decimal))
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        Self::parse(text)
    }
}

/// As text, so that no reader turns it into a float.
impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is not an [`Amount`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AmountError {
    /// The number has more digits than a decimal can hold.
    Inexact,
    /// The number is negative.
    Negative,
    /// The text is not a JSON number.
    NotANumber,
}

impl AmountError {
    fn text(self) -> &'static str {
        match self {
            Self::Inexact => "has more digits than can be kept exactly",
            Self::Negative => "is negative",
            Self::NotANumber => "is not a decimal number",
        }
    }

    pub(crate) fn in_field(self, name: &'static str) -> Cause {
        Cause::field(name, self.text())
    }
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "amount {}", self.text())
    }
}

impl error::Error for AmountError {}

/// The parts of a JSON number that is not negative.
///
/// Decimal's own parsers also take `+1`, `.5`, `1.` and `1_000`, so the grammar is checked here.
struct Number<'a> {
    mantissa: &'a str,
    exponent: i32,
}

impl<'a> Number<'a> {
    fn parse(text: &'a str) -> Result<Self, AmountError> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let integer = match mantissa.split_once('.') {
            Some((integer, fraction)) if is_digits(fraction) => integer,
            Some(_) => return Err(AmountError::NotANumber),
            None => mantissa,
        };
        if !is_digits(integer) || (integer.len() > 1 && integer.starts_with('0')) {
            return Err(AmountError::NotANumber);
        }
        let exponent = exponent.map_or(Ok(0), parse_exponent)?;
        if unsigned.len() < text.len() {
            return Err(AmountError::Negative);
        }
        Ok(Self { mantissa, exponent })
    }
}

fn parse_exponent(text: &str) -> Result<i32, AmountError> {
    if !is_digits(text.strip_prefix(['+', '-']).unwrap_or(text)) {
        return Err(AmountError::NotANumber);
    }
    text.parse().map_err(|_| AmountError::Inexact)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `digits * 10^exponent`, or an error where a digit would be lost.
fn shift(digits: Decimal, exponent: i32) -> Result<Decimal, AmountError> {
    if exponent == 0 {
        return Ok(digits);
    }
    let mut mantissa = digits.mantissa();
    if mantissa == 0 {
        return Ok(Decimal::ZERO);
    }
    let mut scale = i64::from(digits.scale()) - i64::from(exponent);
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    let zeros = u32::try_from(-scale).unwrap_or(0);
    let scale = u32::try_from(scale).unwrap_or(0);
    10_i128
        .checked_pow(zeros)
        .and_then(|power| mantissa.checked_mul(power))
        .and_then(|mantissa| Decimal::try_from_i128_with_scale(mantissa, scale).ok())
        .ok_or(AmountError::Inexact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, AmountError>) {
        let actual = Amount::parse(text).map(|amount| amount.to_string());
        assert_eq!(
            actual.as_deref().map_err(|error| *error),
            expected,
            "{text}"
        );
    }

    #[test]
    fn exact() {
        check("0", Ok("0"));
        check("100", Ok("100"));
        check("102.0", Ok("102.0"));
        check("0.000113", Ok("0.000113"));
        check("1e-05", Ok("0.00001"));
        check("1.5E+3", Ok("1500"));
        check("0e999", Ok("0"));
        check("1e28", Ok("10000000000000000000000000000"));
        check("1e-28", Ok("0.0000000000000000000000000001"));
        check("100e-30", Ok("0.0000000000000000000000000001"));
        check(
            "79228162514264337593543950335",
            Ok("79228162514264337593543950335"),
        );
    }

    #[test]
    fn never_rounded() {
        for text in [
            "1e29",
            "1e-29",
            "1e400",
            "1e-400",
            "1e99999999999",
            "79228162514264337593543950336",
            "1234567890123456789012345678901234567890",
            "0.12345678901234567890123456789",
            "1.00000000000000000000000000001",
        ] {
            check(text, Err(AmountError::Inexact));
        }
    }

    #[test]
    fn not_a_number() {
        for text in [
            "", " 1", "1 ", "NaN", "Infinity", "1_000", "1,000", "+1", ".5", "1.", "00.1", "01",
            "0x1", "1e", "1e+", "1e1.5", "--1", "1e5e5", "1.2.3", "١",
        ] {
            check(text, Err(AmountError::NotANumber));
        }
    }

    #[test]
    fn negative() {
        check("-1", Err(AmountError::Negative));
        check("-0", Err(AmountError::Negative));
        check("-1e-05", Err(AmountError::Negative));
        assert_eq!(
            Amount::try_from(Decimal::NEGATIVE_ONE),
            Err(AmountError::Negative)
        );
    }

    #[test]
    fn compares_by_value_and_serializes_as_text() -> Result<(), Box<dyn error::Error>> {
        assert_eq!(Amount::parse("100")?, Amount::parse("100.0")?);
        assert_eq!(
            serde_json::to_string(&Amount::parse("1e-05")?)?,
            "\"0.00001\""
        );
        Ok(())
    }
}
