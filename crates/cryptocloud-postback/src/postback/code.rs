//! What ids, codes and statuses have in common.

use std::{error, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error as _};

/// Why a string is not an [`InvoiceId`](crate::InvoiceId), a [`Currency`](crate::Currency) or a
/// [`Status`](crate::Status).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CodeError {
    /// The string holds a control character, or U+FFFD, which stands for bytes that are not UTF-8.
    ControlCharacter,
    /// The string is empty.
    Empty,
    /// The string is longer than its type allows.
    TooLong,
}

impl CodeError {
    /// What is wrong, to be read after the name of a field.
    pub(crate) fn problem(self) -> &'static str {
        match self {
            Self::ControlCharacter => "holds a control or replacement character",
            Self::Empty => "is empty",
            Self::TooLong => "is too long",
        }
    }
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "string {}", self.problem())
    }
}

impl error::Error for CodeError {}

/// A code or status that this version does not know: 1 to 64 bytes without control characters.
///
/// It is opaque, so that no code can depend on what is unknown today: a later version may know it.
/// Compare the [`Currency`](crate::Currency) or [`Status`](crate::Status) that holds it instead.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct OtherCode(Box<str>);

impl OtherCode {
    pub(crate) fn parse(text: &str) -> Result<Self, CodeError> {
        check(text, MAX_BYTES)?;
        Ok(Self(text.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks that a string has 1 to `max` bytes, no control character and no U+FFFD.
///
/// PostgreSQL cannot hold NUL, and a line break in an id would forge a line in a log.
pub(crate) fn check(text: &str, max: usize) -> Result<(), CodeError> {
    if text.is_empty() {
        return Err(CodeError::Empty);
    }
    if text.len() > max {
        return Err(CodeError::TooLong);
    }
    if text
        .chars()
        .any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER)
    {
        return Err(CodeError::ControlCharacter);
    }
    Ok(())
}

/// Deserializes a string with `FromStr`.
pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    String::deserialize(deserializer)?
        .parse()
        .map_err(D::Error::custom)
}

const MAX_BYTES: usize = 64;
