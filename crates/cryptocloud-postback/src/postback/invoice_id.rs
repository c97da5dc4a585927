use std::fmt;

use serde::{Serialize, Serializer};

use crate::{Error, ErrorKind, body::text, error::Cause};

/// The id of an invoice, without the prefix `INV-`.
///
/// The vendor writes it with the prefix in some places and without it in others, so one prefix is
/// taken off and both spellings are equal.
/// It is opaque text of 1 to 128 bytes without control characters.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct InvoiceId(Box<str>);

impl InvoiceId {
    /// Reads an id with or without its prefix.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidField`] for what no invoice id can be.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::InvoiceId;
    ///
    /// assert_eq!(InvoiceId::parse("INV-ILRAJE1Q")?, InvoiceId::parse("ILRAJE1Q")?);
    /// # Ok::<_, cryptocloud_postback::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_field("invoice_id", text)
            .map_err(|cause| Error::new(ErrorKind::InvalidField, cause))
    }

    /// The id without its prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn parse_field(name: &'static str, text: &str) -> Result<Self, Cause> {
        let bare = strip_prefix(text);
        text::check_short(name, bare, MAX_BYTES)?;
        Ok(Self(bare.into()))
    }

    /// Whether a text, with or without the prefix, names this invoice.
    pub(crate) fn is_named_by(&self, text: &str) -> bool {
        strip_prefix(text) == &*self.0
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
    fn check(text: &str, expected: Option<&str>) {
        let actual = InvoiceId::parse(text).ok();
        assert_eq!(actual.as_ref().map(InvoiceId::as_str), expected, "{text:?}");
    }

    #[test]
    fn one_prefix_is_taken_off() {
        check("ILRAJE1Q", Some("ILRAJE1Q"));
        check("INV-ILRAJE1Q", Some("ILRAJE1Q"));
        check("INV-INV-X", Some("INV-X"));
        check("inv-x", Some("inv-x"));
        check(&"W".repeat(64), Some(&"W".repeat(64)));
        check("счёт-№1", Some("счёт-№1"));
    }

    #[test]
    fn refused() {
        check("", None);
        check("INV-", None);
        check("A\0B", None);
        check("A\nB", None);
        check("A\u{85}B", None);
        check("A\u{fffd}B", None);
        check(&"W".repeat(129), None);
    }
}
