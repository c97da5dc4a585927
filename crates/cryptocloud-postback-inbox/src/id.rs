use std::{error, fmt, str::FromStr};

use crate::{Fingerprint, Report, fingerprint::write_hex};

/// Names one claim: the digest of its [`Key`](crate::Key) and its [`Fingerprint`].
///
/// As text it is two groups of 64 hexadecimal digits with a `-` between, fit for an operator's URL.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClaimId {
    key: [u8; 32],
    fingerprint: Fingerprint,
}

impl ClaimId {
    /// From the parts that a store kept.
    #[must_use]
    pub const fn new(key: [u8; 32], fingerprint: Fingerprint) -> Self {
        Self { key, fingerprint }
    }

    /// The digest of the key.
    #[must_use]
    pub const fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// The fingerprint.
    #[must_use]
    pub const fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl From<&Report> for ClaimId {
    fn from(report: &Report) -> Self {
        Self::new(report.key().digest(), *report.fingerprint())
    }
}

impl FromStr for ClaimId {
    type Err = ClaimIdError;

    fn from_str(text: &str) -> Result<Self, ClaimIdError> {
        let (key, fingerprint) = text.split_once('-').ok_or(ClaimIdError(()))?;
        let fingerprint = Fingerprint::from_bytes(parse_hex(fingerprint)?);
        Ok(Self::new(parse_hex(key)?, fingerprint))
    }
}

impl fmt::Display for ClaimId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.key)?;
        f.write_str("-")?;
        self.fingerprint.fmt(f)
    }
}

/// A text is not a [`ClaimId`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClaimIdError(());

impl fmt::Display for ClaimIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text is not the id of a claim")
    }
}

impl error::Error for ClaimIdError {}

fn parse_hex(text: &str) -> Result<[u8; 32], ClaimIdError> {
    // `from_str_radix` would take a sign, and capitals would give one id several texts.
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 64 || !text.bytes().all(is_digit) {
        return Err(ClaimIdError(()));
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = str::from_utf8(pair)
            .ok()
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
            .ok_or(ClaimIdError(()))?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() -> Result<(), ClaimIdError> {
        let mut key = [0xab; 32];
        key[0] = 0x01;
        let id = ClaimId::new(key, Fingerprint::from_bytes([0xfe; 32]));
        let text = id.to_string();
        assert!(text.starts_with("01ab") && text.ends_with("fefe"), "{text}");
        assert_eq!(text.parse::<ClaimId>()?, id);
        Ok(())
    }

    #[test]
    fn refused() {
        let good = "0".repeat(64);
        for text in [
            String::new(),
            good.clone(),
            format!("{good}-{}", &good[1..]),
            format!("{good}-{good}0"),
            format!("{good}-{good}-"),
            format!("{good}-{}+0", &good[2..]),
            format!("{good}-{}A0", &good[2..]),
            format!("{good}-{}ж", &good[2..]),
        ] {
            assert!(text.parse::<ClaimId>().is_err(), "{text}");
        }
    }
}
