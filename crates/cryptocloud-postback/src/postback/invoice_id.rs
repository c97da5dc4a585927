use std::fmt;

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

impl AsRef<str> for InvoiceId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InvoiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

code::string!(InvoiceId, CodeError);

fn strip_prefix(text: &str) -> &str {
    text.strip_prefix("INV-").unwrap_or(text)
}

const MAX_BYTES: usize = 128;
