//! HS256 through one of jsonwebtoken's providers, chosen by name.
//!
//! The process-wide default panics at the first postback if no backend is compiled in, or both are,
//! and its `decode` accepts `crit` and any `exp`, and takes no clock.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, crypto::CryptoProvider};

use crate::SecretKey;

/// The backend; `None` if neither feature is on.
pub(crate) fn provider() -> Option<&'static CryptoProvider> {
    #[cfg(feature = "aws-lc-rs")]
    return Some(&jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER);
    #[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
    return Some(&jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER);
    #[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
    None
}

/// The keys that may have signed a token.
#[derive(Clone)]
pub(crate) struct MacKeys {
    keys: Vec<DecodingKey>,
    provider: &'static CryptoProvider,
}

impl MacKeys {
    /// `None` if no backend is compiled in.
    pub(crate) fn new(secrets: &[SecretKey]) -> Option<Self> {
        let key = |secret: &SecretKey| DecodingKey::from_secret(secret.as_bytes());
        Some(Self {
            keys: secrets.iter().map(key).collect(),
            provider: provider()?,
        })
    }

    /// Whether one of the keys made this MAC, compared in constant time by the backend.
    ///
    /// All keys are always tried, so that the time does not tell which one it was.
    pub(crate) fn verify(&self, message: &[u8], mac: &Vec<u8>) -> bool {
        let is_from = |key| {
            (self.provider.verifier_factory)(&Algorithm::HS256, key)
                .is_ok_and(|verifier| verifier.verify(message, mac).is_ok())
        };
        self.keys
            .iter()
            .fold(false, |found, key| is_from(key) | found)
    }
}

impl fmt::Debug for MacKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
