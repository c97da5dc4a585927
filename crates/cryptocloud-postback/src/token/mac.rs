//! HS256 by jsonwebtoken's provider, taken by name.
//!
//! Its process-wide default panics at the first postback where no backend or both are compiled in,
//! and its `decode` accepts `crit`, any `exp` and the wall clock only.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, crypto::CryptoProvider, jwk::ThumbprintHash};

use crate::SecretKey;

/// The backend, None where neither feature is on.
pub(crate) fn provider() -> Option<&'static CryptoProvider> {
    #[cfg(feature = "aws-lc-rs")]
    return Some(&jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER);
    #[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
    return Some(&jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER);
    #[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
    None
}

/// The keys that a token may be signed with.
#[derive(Clone)]
pub(crate) struct MacKeys {
    keys: Vec<DecodingKey>,
    provider: &'static CryptoProvider,
}

impl MacKeys {
    /// None where no backend is compiled in.
    pub(crate) fn new(secrets: &[SecretKey]) -> Option<Self> {
        Some(Self {
            keys: secrets
                .iter()
                .map(|secret| DecodingKey::from_secret(secret.as_bytes()))
                .collect(),
            provider: provider()?,
        })
    }

    /// Whether one of the keys made this MAC, compared in constant time by the backend.
    ///
    /// All keys are tried in any case, so that the time does not tell which one it was.
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

/// SHA-256 of a MAC that one of the keys made.
pub(crate) fn digest(mac: &[u8]) -> [u8; 32] {
    // A MAC was made, so there is a backend; both have SHA-256, and its digests have 32 bytes.
    provider()
        .and_then(|provider| (provider.key_utils.compute_digest)(mac, ThumbprintHash::SHA256).ok())
        .and_then(|digest| digest.try_into().ok())
        .expect("SHA-256 of a MAC has 32 bytes")
}
