use std::fmt;

use cryptocloud_postback::InvoiceId;

use crate::fingerprint::{digest, write_hex};

/// What is paid once: an invoice of a project.
///
/// Never the order, which repeats with every deposit to a static wallet, and never the token, which
/// is new in every resend.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Identity {
    invoice_id: InvoiceId,
    project: Box<str>,
    transactions: Option<[u8; 32]>,
}

impl Identity {
    /// An invoice of a project.
    #[must_use]
    pub fn new(project: &str, invoice_id: InvoiceId) -> Self {
        Self {
            invoice_id,
            project: project.into(),
            transactions: None,
        }
    }

    /// One deposit of the invoice, told from the others by its transaction hashes.
    ///
    /// The order of the hashes, repetitions and blank ones make no difference.
    /// If no hash remains, the identity is that of the invoice.
    #[must_use]
    pub fn with_transactions<'a>(mut self, hashes: impl IntoIterator<Item = &'a str>) -> Self {
        let hashes = hashes.into_iter().map(str::trim);
        let mut hashes: Vec<&str> = hashes.filter(|hash| !hash.is_empty()).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let parts: Vec<Option<&str>> = hashes.into_iter().map(Some).collect();
        self.transactions = (!parts.is_empty()).then(|| digest(b"postback deposit 1", &parts));
        self
    }

    /// Puts together what a store kept.
    #[must_use]
    pub fn from_parts(
        project: &str,
        invoice_id: InvoiceId,
        transactions: Option<[u8; 32]>,
    ) -> Self {
        Self {
            invoice_id,
            project: project.into(),
            transactions,
        }
    }

    /// The invoice.
    #[must_use]
    pub fn invoice_id(&self) -> &InvoiceId {
        &self.invoice_id
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// SHA-256 over the transaction hashes, under [`IdentityPolicy::InvoiceAndTransactions`].
    #[must_use]
    pub fn transactions(&self) -> Option<&[u8; 32]> {
        self.transactions.as_ref()
    }

    /// SHA-256 over the parts, each preceded by its length, so that no two identities run together,
    /// whatever quotes or colons they hold.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let transactions = self.transactions.map(|bytes| Hex(&bytes).to_string());
        digest(
            b"postback identity 1",
            &[
                Some(&self.project),
                Some(self.invoice_id.as_str()),
                transactions.as_deref(),
            ],
        )
    }
}

/// The [digest](Identity::digest) in hexadecimal digits.
impl fmt::LowerHex for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.digest())
    }
}

/// Which postbacks report the same payment.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum IdentityPolicy {
    /// All postbacks of one invoice.
    #[default]
    Invoice,
    /// All postbacks of one invoice with the same transaction hashes in `invoice_info.tx_list`, for
    /// static wallets, whose deposits may share an invoice id.
    ///
    /// A postback without hashes, as every form is, is held for review.
    /// **The hashes are not signed**: a sender with a valid token can invent deposits, so ask the
    /// vendor's API before you credit one.
    InvoiceAndTransactions,
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, self.0)
    }
}

#[cfg(test)]
mod tests {
    use cryptocloud_postback::CodeError;

    use super::*;

    #[test]
    fn every_part_counts_and_none_runs_into_the_next() -> Result<(), CodeError> {
        let new = |project, invoice| {
            Ok::<_, CodeError>(Identity::new(project, InvoiceId::parse(invoice)?))
        };
        let identities = [
            new("shop", "A:B")?,
            new("shop:A", "B")?,
            new("shop2", "A:B")?,
            new("shop", "a:b")?,
            new("shop", "A:B")?.with_transactions(["0x1"]),
            new("shop", "A:B")?.with_transactions(["0x1", "0x2"]),
        ];
        for (index, identity) in identities.iter().enumerate() {
            assert_eq!(identity.digest(), identity.clone().digest());
            for other in identities.iter().skip(index + 1) {
                assert_ne!(identity.digest(), other.digest(), "{identity:?} {other:?}");
            }
        }
        Ok(())
    }

    #[test]
    fn hashes_are_a_set() -> Result<(), CodeError> {
        let invoice = Identity::new("shop", InvoiceId::parse("A")?);
        let with = |hashes: &[&str]| invoice.clone().with_transactions(hashes.iter().copied());
        assert_eq!(with(&["0x2", "0x1", "", "0x2"]), with(&["0x1", "0x2"]));
        assert_eq!(with(&["", " "]), invoice);
        Ok(())
    }
}
