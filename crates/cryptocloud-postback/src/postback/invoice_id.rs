use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::code::{self, CodeError};

/// The id of an invoice, without the prefix `INV-`.
///
/// The vendor writes it with the prefix in some places and without it in others, so one prefix is
/// removed and both spellings are equal.
/// It is an opaque string of 1 to 128 bytes without control characters.
/// It may hold characters that change how a line is displayed, such as U+202E: log it with `{:?}` of
/// [`as_str`](Self::as_str), which escapes them.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::{CodeError, InvoiceId};
///
/// let invoice_id: InvoiceId = "INV-ILRAJE1Q".parse()?;
/// assert_eq!(invoice_id, InvoiceId::parse("ILRAJE1Q")?);
/// assert_eq!(invoice_id.as_str(), "ILRAJE1Q");
/// assert_eq!(InvoiceId::parse("A\nB"), Err(CodeError::ControlCharacter));
/// # Ok::<_, CodeError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct InvoiceId(Box<str>);

impl InvoiceId {
    /// Parses an id with or without its prefix.
    ///
    /// # Errors
    ///
    /// Returns an error if the id is empty, longer than 128 bytes, or holds a control character.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let bare = strip_prefix(text);
        code::check(bare, MAX_BYTES)?;
        Ok(Self(bare.into()))
    }

    /// The id without its prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a string, with or without the prefix, names this invoice.
    pub(crate) fn is_named_by(&self, text: &str) -> bool {
        strip_prefix(text) == &*self.0
    }
}

impl FromStr for InvoiceId {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        Self::parse(text)
    }
}

impl AsRef<str> for InvoiceId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Serialize for InvoiceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for InvoiceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        code::deserialize(deserializer)
    }
}

impl fmt::Display for InvoiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn strip_prefix(text: &str) -> &str {
    text.strip_prefix("INV-").unwrap_or(text)
}

const MAX_BYTES: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, CodeError>) {
        let parsed = InvoiceId::parse(text);
        let actual = parsed
            .as_ref()
            .map(InvoiceId::as_str)
            .map_err(|error| *error);
        assert_eq!(actual, expected, "{text:?}");
        let json = serde_json::Value::from(text);
        let deserialized = serde_json::from_value(json).ok();
        assert_eq!(deserialized, parsed.ok(), "{text:?}");
    }

    #[test]
    fn one_prefix_is_removed() {
        check("ILRAJE1Q", Ok("ILRAJE1Q"));
        check("INV-ILRAJE1Q", Ok("ILRAJE1Q"));
        check("INV-INV-X", Ok("INV-X"));
        check("inv-x", Ok("inv-x"));
        check(&"W".repeat(128), Ok(&"W".repeat(128)));
        check("счёт-№1", Ok("счёт-№1"));
    }

    #[test]
    fn not_an_id() {
        check("", Err(CodeError::Empty));
        check("INV-", Err(CodeError::Empty));
        check("A\0B", Err(CodeError::ControlCharacter));
        check("A\nB", Err(CodeError::ControlCharacter));
        check("A\u{85}B", Err(CodeError::ControlCharacter));
        check("A\u{fffd}B", Err(CodeError::ControlCharacter));
        check(&"W".repeat(129), Err(CodeError::TooLong));
    }

    #[test]
    fn debug_escapes_what_changes_the_display_of_a_line() -> Result<(), CodeError> {
        let id = InvoiceId::parse("A\u{202e}B\u{2066}C\u{2028}D\u{2029}E")?;
        let escaped = r#""A\u{202e}B\u{2066}C\u{2028}D\u{2029}E""#;
        assert_eq!(format!("{:?}", id.as_str()), escaped);
        Ok(())
    }
}
