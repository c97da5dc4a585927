use std::fmt;

use crate::{
    Fingerprint,
    fingerprint::{digest, write_hex},
};

/// What is processed once: an invoice of a project in a status.
///
/// Never the order id, which repeats with every deposit of a static wallet, and never the token,
/// which every resend carries anew.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Key {
    fingerprint: Option<Fingerprint>,
    invoice_id: Box<str>,
    project: Box<str>,
    status: Box<str>,
}

impl Key {
    /// For an invoice without its prefix `INV-`, and a status as the vendor spells it.
    #[must_use]
    pub fn new(project: &str, invoice_id: &str, status: &str) -> Self {
        Self {
            fingerprint: None,
            invoice_id: invoice_id.into(),
            project: project.into(),
            status: status.into(),
        }
    }

    /// The same invoice and status, but with the reported fields as a part of the key.
    #[must_use]
    pub fn with_fingerprint(self, fingerprint: Fingerprint) -> Self {
        Self {
            fingerprint: Some(fingerprint),
            ..self
        }
    }

    /// The invoice without its prefix `INV-`.
    #[must_use]
    pub fn invoice_id(&self) -> &str {
        &self.invoice_id
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> &str {
        &self.status
    }

    /// SHA-256 over the parts, each with its length before it: what a store can index without a care
    /// for quotes, colons or lengths.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let fingerprint = self.fingerprint.map(|fingerprint| fingerprint.to_string());
        digest(
            b"postback key 1",
            &[
                Some(&self.project),
                Some(&self.invoice_id),
                Some(&self.status),
                fingerprint.as_deref(),
            ],
        )
    }
}

/// The digest in hexadecimal digits.
impl fmt::LowerHex for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.digest())
    }
}

/// Which postbacks count as the same payment.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum KeyPolicy {
    /// Those of one invoice in one status: another amount, currency or order is a conflict.
    #[default]
    InvoiceAndStatus,
    /// Those that agree in every reported field, so that each deposit counts and nothing conflicts.
    ///
    /// Only for static wallets: it is not known whether each deposit has an invoice id of its own.
    /// **Two equal deposits count as one where they have the same id, and whoever holds a valid token
    /// can report any number of deposits**: ask the vendor's API before you credit one.
    InvoiceStatusAndFields,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts_and_none_runs_into_the_next() {
        let fingerprint = Fingerprint::from_bytes([7; 32]);
        let keys = [
            Key::new("shop", "A:B", "success"),
            Key::new("shop:A", "B", "success"),
            Key::new("shop", "A", "B:success"),
            Key::new("shop2", "A:B", "success"),
            Key::new("shop", "A:B", "fail"),
            Key::new("shop", "a:b", "success"),
            Key::new("shop", "A:B", "success").with_fingerprint(fingerprint),
        ];
        for (index, key) in keys.iter().enumerate() {
            assert_eq!(key.digest(), key.clone().digest());
            for other in keys.iter().skip(index + 1) {
                assert_ne!(key.digest(), other.digest(), "{key:?} {other:?}");
            }
        }
    }
}
