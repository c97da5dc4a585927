use std::{error, fmt};

/// The name of the table, `cryptocloud_inbox` by default.
///
/// It goes into the text of statements, so it is 1 to 48 lower-case ASCII letters, digits and `_`, and
/// no digit comes first.
/// PostgreSQL looks for it along the connection's `search_path`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TableName(Box<str>);

impl TableName {
    /// Reads a name.
    ///
    /// # Errors
    ///
    /// [`TableNameError`] for any other text.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback_sqlx::TableName;
    ///
    /// assert!(TableName::parse("shop_inbox").is_ok());
    /// assert!(TableName::parse("inbox; DROP TABLE orders").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, TableNameError> {
        let is_name_byte = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        let is_name = text.bytes().all(is_name_byte)
            && text.len() <= MAX_BYTES
            && text.starts_with(|first: char| !first.is_ascii_digit());
        match is_name {
            true => Ok(Self(text.into())),
            false => Err(TableNameError(())),
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TableName {
    fn default() -> Self {
        Self(DEFAULT.into())
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text is not a [`TableName`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TableNameError(());

impl fmt::Display for TableNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("table name is not 1 to 48 lower-case letters, digits and underscores")
    }
}

impl error::Error for TableNameError {}

/// As in the schema files.
pub(crate) const DEFAULT: &str = "cryptocloud_inbox";
/// PostgreSQL cuts off names after 63 bytes, and the indexes have longer ones.
const MAX_BYTES: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for text in ["a", "_", "inbox2", &"a".repeat(48), DEFAULT] {
            assert!(TableName::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "2a",
            "A",
            "a b",
            "a\"",
            "a.b",
            "a;",
            "ж",
            &"a".repeat(49),
        ] {
            assert!(TableName::parse(text).is_err(), "{text}");
        }
    }
}
