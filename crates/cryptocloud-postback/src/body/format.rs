use std::fmt;

/// The format of a postback, which the merchant chooses in the project's settings.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::Format;
///
/// let format = Format::detect(Some(b"text/plain"), b"{}")?;
/// assert_eq!(format, Format::Json);
/// assert_eq!(format.content_type(), "application/json");
/// # Ok::<_, cryptocloud_postback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
// Exhaustive, since the vendor's page documents two.
pub enum Format {
    /// `application/x-www-form-urlencoded`
    Form,
    /// `application/json`
    Json,
}

impl Format {
    /// The `Content-Type` of this format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "form",
            Self::Json => "json",
        })
    }
}
