use std::fmt;

use reqwest::header::{HeaderValue, InvalidHeaderValue};
use zeroize::Zeroizing;

/// The API KEY of a project, from its settings. It is a JWT, and it is not the SECRET KEY.
///
/// It is wiped from memory when dropped, and can be neither printed, compared nor serialized.
/// The copies that the HTTP client makes while it sends a request are not wiped.
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// Takes the key as the vendor shows it.
    ///
    /// # Errors
    ///
    /// Returns an [`ApiKeyError`] for each mistake that would otherwise surface as a 401 at the
    /// first call.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback_api::{ApiKey, ApiKeyError};
    ///
    /// let error = ApiKey::new("0123456789abcdef0123456789abcdef").err();
    /// assert_eq!(error, Some(ApiKeyError::NotAJwt));
    /// ```
    pub fn new(key: impl Into<String>) -> Result<Self, ApiKeyError> {
        let key = Zeroizing::new(key.into());
        // Some editors put a byte order mark at the start of a file.
        let is_blank = |c: char| c.is_whitespace() || c == '\u{feff}';
        if key.chars().all(is_blank) {
            return Err(ApiKeyError::Empty);
        }
        if key.contains(is_blank) {
            return Err(ApiKeyError::WhiteSpace);
        }
        if key.contains(['"', '\'', '`']) {
            return Err(ApiKeyError::Quotes);
        }
        if !is_jwt(&key) {
            return Err(ApiKeyError::NotAJwt);
        }
        Ok(Self(key))
    }

    /// The value of the header `Authorization`, which is redacted in every log.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, InvalidHeaderValue> {
        let text = Zeroizing::new(format!("Token {}", *self.0));
        let mut value = HeaderValue::from_str(&text)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey([redacted])")
    }
}

/// Why a string is refused as an [`ApiKey`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiKeyError {
    /// It is empty, or only white space.
    #[error("api key is empty")]
    Empty,
    /// It is not a JWT, so it is no API KEY; often it is the SECRET KEY.
    #[error("an api key is a JWT, and this is not one: is it the SECRET KEY?")]
    NotAJwt,
    /// It holds a quotation mark, left there by a shell or a settings file.
    #[error("api key holds a quotation mark")]
    Quotes,
    /// It holds white space, often the line break of a file.
    #[error("api key holds white space")]
    WhiteSpace,
}

/// Three segments of base64url, the first of which starts like an encoded JSON object.
fn is_jwt(text: &str) -> bool {
    let is_segment = |segment: &str| {
        let mut bytes = segment.bytes();
        !segment.is_empty() && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    text.starts_with("eyJ") && text.split('.').count() == 3 && text.split('.').all(is_segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_has_its_own_error() {
        #[track_caller]
        fn check(key: &str, expected: Option<ApiKeyError>) {
            assert_eq!(ApiKey::new(key).err(), expected, "{key:?}");
        }
        check("eyJ0eXAi.eyJpZCI6MTN9.aGVs-bG8_", None);
        check("", Some(ApiKeyError::Empty));
        check(" \u{feff}\n", Some(ApiKeyError::Empty));
        check(
            "eyJ0eXAi.eyJpZCI6MTN9.aGVsbG8\n",
            Some(ApiKeyError::WhiteSpace),
        );
        check(
            "\u{feff}eyJ0eXAi.eyJpZCI6MTN9.aGVsbG8",
            Some(ApiKeyError::WhiteSpace),
        );
        check(
            "eyJ0eXAi.eyJpZC I6MTN9.aGVsbG8",
            Some(ApiKeyError::WhiteSpace),
        );
        check(
            "\"eyJ0eXAi.eyJpZCI6MTN9.aGVsbG8\"",
            Some(ApiKeyError::Quotes),
        );
        check("eyJ0eXAi.eyJpZCI6MTN9.aGVsbG8'", Some(ApiKeyError::Quotes));
        for other in [
            "0123456789abcdef0123456789abcdef",
            "eyJ0eXAi.eyJpZCI6MTN9",
            "eyJ0eXAi.eyJpZCI6MTN9.",
            "eyJ0eXAi.eyJpZCI6MTN9.aGVsbG8.e30",
            "eyJ0eXAi.eyJpZCI6MTN9.aGVs=bG8",
            "e30.eyJpZCI6MTN9.aGVsbG8",
        ] {
            check(other, Some(ApiKeyError::NotAJwt));
        }
    }

    #[test]
    fn the_key_is_in_no_debug() -> Result<(), Box<dyn std::error::Error>> {
        let key = ApiKey::new("eyJ0eXAi.eyJpZCI6MTN9.aGVsbG8")?;
        assert_eq!(format!("{key:?}"), "ApiKey([redacted])");
        assert_eq!(format!("{:?}", key.authorization()?), "Sensitive");
        Ok(())
    }
}
