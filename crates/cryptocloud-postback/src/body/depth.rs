//! Refuses what serde_json accepts in the parts of a JSON text that it skips: nesting of any depth,
//! and `\u` escapes of lone surrogates.

use std::str::Bytes;

use crate::error::Cause;

/// Checks a text for both; the parser then checks whether it is JSON.
pub(crate) fn check(text: &str) -> Result<(), Cause> {
    if is_plain(text.as_bytes()) {
        return Ok(());
    }
    let mut bytes = text.bytes();
    let mut depth = 0_usize;
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => check_string(&mut bytes)?,
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Cause::Problem("is nested too deeply"));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Whether a text is too simple for either fault, as most are: it escapes nothing, and opens no more
/// brackets than may be nested.
fn is_plain(text: &[u8]) -> bool {
    // In blocks whose counts fit into a byte, so that the compiler vectorizes the loop.
    let mut opened = 0;
    for block in text.chunks(128) {
        let counts = block.iter().fold((0_u8, 0_u8), |(opened, escapes), byte| {
            (
                opened + u8::from(*byte == b'{' || *byte == b'['),
                escapes + u8::from(*byte == b'\\'),
            )
        });
        if counts.1 > 0 {
            return false;
        }
        opened += usize::from(counts.0);
    }
    opened <= MAX_DEPTH
}

/// Checks the rest of a string whose quotation mark was read.
fn check_string(bytes: &mut Bytes<'_>) -> Result<(), Cause> {
    // A high surrogate was escaped, and a low one has to follow.
    let mut is_half = false;
    while let Some(byte) = bytes.next() {
        let escaped = if byte == b'\\' {
            unescape(bytes)?
        } else {
            None
        };
        if is_half != matches!(escaped, Some(0xDC00..=0xDFFF)) {
            return Err(Cause::Problem("has half of a surrogate pair"));
        }
        if byte == b'"' {
            break;
        }
        is_half = matches!(escaped, Some(0xD800..=0xDBFF));
    }
    Ok(())
}

/// Reads an escape whose backslash was read, and returns its value if it is a `\u` escape.
fn unescape(bytes: &mut Bytes<'_>) -> Result<Option<u32>, Cause> {
    if bytes.next() != Some(b'u') {
        return Ok(None);
    }
    let mut value = 0;
    for byte in bytes.take(4) {
        let digit = char::from(byte).to_digit(16);
        value = value * 16 + digit.ok_or(Cause::Problem("has an invalid escape"))?;
    }
    Ok(Some(value))
}

/// How deeply objects and arrays may be nested; the vendor's postbacks have four levels.
const MAX_DEPTH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_all(texts: &[&str], accepted: bool) {
        for text in texts {
            assert_eq!(check(text).is_ok(), accepted, "{text}");
        }
    }

    #[test]
    fn depth() {
        let nested = |levels| "[".repeat(levels) + &"]".repeat(levels);
        let in_string = format!(r#""\"{}""#, "[".repeat(1000));
        check_all(&[&nested(32), &"[]".repeat(1000), &in_string], true);
        let objects = format!("{}{}", "{\"a\":".repeat(33), "}".repeat(33));
        let after_string = format!(r#""\\"{}"#, nested(33));
        check_all(&[&nested(33), &objects, &after_string], false);
    }

    #[test]
    fn surrogates() {
        check_all(
            &[
                r#""\ud83d\ude00""#,
                r#""\uD83D\uDE00\u00e9\n\\u""#,
                r#""\\ud83d""#,
            ],
            true,
        );
        check_all(
            &[
                r#""\ud83d""#,
                r#""\ud83dx""#,
                r#""\ud83d\n""#,
                r#""\ud83d\u0041""#,
                r#""\ud83d\ud83d\ude00""#,
                r#""\ude00""#,
                r#""\ude00\ud83d""#,
            ],
            false,
        );
    }
}
