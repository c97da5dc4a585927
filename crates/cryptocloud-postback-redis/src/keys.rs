//! Names of keys. `lua/prelude.lua` lists what they hold.

use cryptocloud_postback::InvoiceId;
use cryptocloud_postback_inbox::{Identity, StoreError, StoreErrorKind};

use crate::error::corrupt;

/// What all keys of a project begin with.
///
/// A cluster puts keys with the same hash tag, which is the first text in braces, on the same node.
/// Neither prefix nor project can add a brace, and nothing but a fixed word or an identity follows.
pub(crate) fn base(prefix: &str, project: &str) -> String {
    // Braces around nothing would be no hash tag.
    let project = match project {
        "" => "%".to_owned(),
        _ => escape(project),
    };
    format!("{}{{{project}}}:", escape(prefix))
}

fn escape(text: &str) -> String {
    text.replace('%', "%25")
        .replace('{', "%7B")
        .replace('}', "%7D")
}

/// The rest of an identity's key. The digest has a fixed length and the invoice comes last, so no two
/// identities have the same key, whatever an invoice holds.
pub(crate) fn identity(identity: &Identity) -> String {
    let invoice = identity.invoice_id();
    match identity.transactions() {
        Some(digest) => format!("t:{}:{invoice}", hex(digest)),
        None => self::invoice(invoice.as_str()),
    }
}

/// The rest of the key of an identity without transactions.
pub(crate) fn invoice(invoice_id: &str) -> String {
    format!("i:{invoice_id}")
}

/// The key with the identities of an invoice that have transactions.
pub(crate) fn invoice_index(invoice_id: &str) -> String {
    format!("x:{invoice_id}")
}

/// Reads [`identity`].
pub(crate) fn parse_identity(project: &str, key: &str) -> Result<Identity, StoreError> {
    let (transactions, invoice) = match key.split_once(':') {
        Some(("i", invoice)) => (None, invoice),
        Some(("t", rest)) => {
            let (digest, invoice) = rest.split_once(':').ok_or(StoreErrorKind::Corrupt)?;
            (Some(parse_hex(digest)?), invoice)
        }
        _ => return Err(StoreErrorKind::Corrupt.into()),
    };
    // The id may itself begin with what parsing takes off.
    let invoice = InvoiceId::parse(&format!("INV-{invoice}")).map_err(corrupt)?;
    Ok(Identity::from_parts(project, invoice, transactions))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse_hex(text: &str) -> Result<[u8; 32], StoreError> {
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(StoreErrorKind::Corrupt.into());
    }
    let pairs = text.as_bytes().chunks(2);
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let pair = str::from_utf8(pair).map_err(corrupt)?;
        *byte = u8::from_str_radix(pair, 16).map_err(corrupt)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_braces_hold_the_project() {
        assert_eq!(base("p:", "shop"), "p:{shop}:");
        assert_eq!(base("a{b}", "c}d{%"), "a%7Bb%7D{c%7Dd%7B%25}:");
        assert_eq!(base("", ""), "{%}:");
        assert_ne!(base("", ""), base("", "%"));
    }

    #[test]
    fn identities_round_trip() -> Result<(), Box<dyn std::error::Error>> {
        for invoice in ["A", "INV-INV-A", "a:b", "{x}:'\"%", "t:i:"] {
            let invoice = Identity::new("shop", InvoiceId::parse(invoice)?);
            let deposit = invoice.clone().with_transactions(["0x1"]);
            for before in [invoice, deposit] {
                assert_eq!(parse_identity("shop", &identity(&before))?, before);
            }
        }
        Ok(())
    }

    #[test]
    fn what_is_no_identity_is_corrupt() {
        let long = format!("t:{}:A", "é".repeat(32));
        for key in ["", "i:", "A", "t:00:A", "t:A", long.as_str()] {
            let kind = parse_identity("shop", key).map_err(|error| error.kind());
            assert_eq!(kind, Err(StoreErrorKind::Corrupt), "{key}");
        }
    }
}
