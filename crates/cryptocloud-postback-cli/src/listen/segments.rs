use std::fmt::Write;

use serde::Serialize;

/// A part of bytes that may be UTF-8.
#[derive(Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
// Closed by nature: bytes are UTF-8 or they are not.
pub(super) enum Segment {
    /// Bytes that are not UTF-8, in hexadecimal.
    Hex(String),
    Text(String),
}

/// Splits bytes into text and hexadecimal, without loss or ambiguity.
pub(super) fn segments(bytes: &[u8]) -> Vec<Segment> {
    let mut segments = Vec::new();
    for chunk in bytes.utf8_chunks() {
        if !chunk.valid().is_empty() {
            segments.push(Segment::Text(chunk.valid().to_owned()));
        }
        if chunk.invalid().is_empty() {
            continue;
        }
        if !matches!(segments.last(), Some(Segment::Hex(_))) {
            segments.push(Segment::Hex(String::new()));
        }
        if let Some(Segment::Hex(hex)) = segments.last_mut() {
            for byte in chunk.invalid() {
                let space = if hex.is_empty() { "" } else { " " };
                // Writing to a `String` never fails.
                let _ = write!(hex, "{space}{byte:02X}");
            }
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost() {
        let text = |text: &str| Segment::Text(text.to_owned());
        let hex = |hex: &str| Segment::Hex(hex.to_owned());
        assert_eq!(segments(b""), []);
        assert_eq!(segments("a\0\u{fffd}ü".as_bytes()), [text("a\0\u{fffd}ü")]);
        assert_eq!(segments(b"\xff\xfe\xf0\x9f"), [hex("FF FE F0 9F")]);
        assert_eq!(
            segments(b"a\xffb\xed\xa0\x80"),
            [text("a"), hex("FF"), text("b"), hex("ED A0 80")]
        );
    }
}
