use std::fmt;

use rust_decimal::Decimal;

use super::code;

/// An amount of money, exactly as its decimal string says.
///
/// It is never negative, never rounded, and never passes through a float.
/// Amounts compare by value, so `100` equals `100.0`, and print without an exponent.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::{Amount, AmountError};
///
/// let amount: Amount = "1e-05".parse()?;
/// assert_eq!(amount.to_string(), "0.00001");
/// assert!(amount < Amount::parse("0.1")?);
/// assert_eq!(Amount::parse("-1"), Err(AmountError::Negative));
/// # Ok::<_, AmountError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Amount(Decimal);

impl Amount {
    /// Parses a JSON number (RFC 8259 section 6), with or without an exponent.
    ///
    /// # Errors
    ///
    /// Returns an error if the string is not a JSON number, if the number is negative, or if it has
    /// more digits than a [`Decimal`] can hold, so that it would have to be rounded.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let number = Number::parse(text)?;
        // Unlike `Decimal::from_str`, this refuses what it would have to round.
        let (digits, scale) = match Decimal::from_str_exact(number.mantissa) {
            Ok(decimal) if number.exponent == 0 => return Ok(Self(decimal)),
            Ok(decimal) => (decimal.mantissa(), i64::from(decimal.scale())),
            // It also refuses zeros that can be dropped.
            Err(_) => significant(number.mantissa).ok_or(AmountError::Inexact)?,
        };
        decimal(digits, scale - i64::from(number.exponent))
            .map(Self)
            .ok_or(AmountError::Inexact)
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

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

code::string!(Amount, AmountError);

/// Why a string is not an [`Amount`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("amount {}", self.problem())]
#[non_exhaustive]
pub enum AmountError {
    /// The number has more digits than a decimal can hold.
    Inexact,
    /// The number is negative.
    Negative,
    /// The string is not a JSON number.
    NotANumber,
}

impl AmountError {
    /// What is wrong, to be read after the name of a field.
    pub(crate) fn problem(self) -> &'static str {
        match self {
            Self::Inexact => "has too many digits to be kept exactly",
            Self::Negative => "is negative",
            Self::NotANumber => "is not a decimal number",
        }
    }
}

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

/// The digits of a mantissa without zeros at either end, and their scale; `None` if they are too many.
fn significant(mantissa: &str) -> Option<(i128, i64)> {
    let fraction = mantissa
        .split_once('.')
        .map_or("", |(_, fraction)| fraction);
    let mut digits = 0_i128;
    // Zeros that count only if another digit follows.
    let mut zeros = 0;
    for digit in mantissa.chars().filter_map(|c| c.to_digit(10)) {
        zeros += 1;
        if digit > 0 {
            let power = if digits == 0 {
                1
            } else {
                10_i128.checked_pow(zeros)?
            };
            digits = digits.checked_mul(power)?.checked_add(digit.into())?;
            zeros = 0;
        }
    }
    let scale = i64::try_from(fraction.len()).ok()? - i64::from(zeros);
    Some((digits, scale))
}

/// `digits / 10^scale`; `None` if a digit would be lost.
fn decimal(mut digits: i128, mut scale: i64) -> Option<Decimal> {
    if digits == 0 {
        return Some(Decimal::ZERO);
    }
    while scale > 0 && digits % 10 == 0 {
        digits /= 10;
        scale -= 1;
    }
    let zeros = u32::try_from(-scale).unwrap_or(0);
    let scale = u32::try_from(scale).unwrap_or(0);
    let digits = digits.checked_mul(10_i128.checked_pow(zeros)?)?;
    Decimal::try_from_i128_with_scale(digits, scale).ok()
}
