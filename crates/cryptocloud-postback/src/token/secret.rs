use std::fmt;

use zeroize::Zeroizing;

/// The SECRET KEY of a project, from its settings under "Integration & API".
///
/// Its UTF-8 bytes, unchanged, are the HMAC key.
/// It is wiped from memory when dropped, and can be neither printed, compared nor serialized.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<String>);

impl SecretKey {
    /// Takes a secret of at least 32 bytes, as RFC 7518 section 3.2 requires of a key for HS256.
    ///
    /// # Errors
    ///
    /// Returns a [`SecretKeyError`] for each mistake that would otherwise surface as an invalid token
    /// at the first payment.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::{SecretKey, SecretKeyError};
    ///
    /// let error = SecretKey::new("super-secret").err();
    /// assert_eq!(error, Some(SecretKeyError::Sample));
    /// ```
    pub fn new(secret: impl Into<String>) -> Result<Self, SecretKeyError> {
        let key = Self::allow_short(secret)?;
        if key.0.len() < MIN_BYTES {
            return Err(SecretKeyError::TooShort);
        }
        Ok(key)
    }

    /// Takes a secret of any length, with all other checks of [`new`](Self::new).
    ///
    /// A short secret can be guessed from one postback: allow it only if the vendor issued you
    /// only a short one.
    ///
    /// # Errors
    ///
    /// Returns any [`SecretKeyError`] but [`TooShort`](SecretKeyError::TooShort).
    pub fn allow_short(secret: impl Into<String>) -> Result<Self, SecretKeyError> {
        let secret = Zeroizing::new(secret.into());
        // Some editors put a byte order mark at the start of a file.
        let trimmed = secret.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if secret.is_empty() {
            return Err(SecretKeyError::Empty);
        }
        if trimmed.is_empty() {
            return Err(SecretKeyError::Blank);
        }
        if trimmed.len() < secret.len() {
            return Err(SecretKeyError::WhiteSpace);
        }
        if secret.starts_with(QUOTES) || secret.ends_with(QUOTES) {
            return Err(SecretKeyError::Quotes);
        }
        if *secret == SAMPLE {
            return Err(SecretKeyError::Sample);
        }
        if looks_like_jwt(&secret) {
            return Err(SecretKeyError::ApiKey);
        }
        Ok(Self(secret))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey([redacted])")
    }
}

/// Why a string is refused as a [`SecretKey`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretKeyError {
    /// It is a JWT, as the vendor's API KEY is.
    #[error("this is an API KEY: use the SECRET KEY of the project")]
    ApiKey,
    /// It is only white space.
    #[error("secret key is blank")]
    Blank,
    /// It is empty.
    #[error("secret key is empty")]
    Empty,
    /// It starts or ends with a quotation mark, left there by a shell or a settings file.
    #[error("secret key has a quotation mark at its start or end")]
    Quotes,
    /// It is `super-secret`, the public fallback of the vendor's samples.
    #[error("secret key is the public one from the vendor's samples")]
    Sample,
    /// It is shorter than 32 bytes, and was not passed to [`SecretKey::allow_short`].
    #[error(
        "secret key is shorter than 32 bytes: use SecretKey::allow_short if the vendor issued you only a short one"
    )]
    TooShort,
    /// It starts or ends with white space, often the line break of a file.
    #[error("secret key has white space at its start or end")]
    WhiteSpace,
}

/// Three segments of base64url, the first of which starts like an encoded JSON object.
fn looks_like_jwt(text: &str) -> bool {
    let is_base64url = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.starts_with("eyJ")
        && text.split('.').count() == 3
        && text
            .split('.')
            .all(|segment| segment.chars().all(is_base64url))
}

const MIN_BYTES: usize = 32;
const QUOTES: [char; 3] = ['"', '\'', '`'];
const SAMPLE: &str = "super-secret";
