//! Refuses what serde_json accepts in the parts of a JSON text that it skips: nesting of any depth,
//! and `\u` escapes of lone surrogates.

use crate::error::Cause;

/// Checks a text for both; the parser then checks whether it is JSON.
pub(crate) fn check(text: &str) -> Result<(), Cause> {
    if is_plain(text.as_bytes()) {
        return Ok(());
    }
    let mut scan = Scan::default();
    text.bytes().try_for_each(|byte| scan.step(byte))
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

#[derive(Default)]
struct Scan {
    depth: usize,
    in_string: bool,
    escape: Escape,
    /// A high surrogate was escaped, and a low one has to follow.
    high_surrogate: bool,
}

#[derive(Default)]
enum Escape {
    #[default]
    No,
    /// After a backslash.
    Started,
    /// In a `\u` escape: digits still to come, and the value so far.
    Unicode(u8, u32),
}

impl Scan {
    fn step(&mut self, byte: u8) -> Result<(), Cause> {
        match self.escape {
            Escape::No if self.in_string && byte == b'\\' => {
                self.escape = Escape::Started;
                return Ok(());
            }
            Escape::Started if byte == b'u' => {
                self.escape = Escape::Unicode(4, 0);
                return Ok(());
            }
            Escape::No => {}
            Escape::Started => {
                self.escape = Escape::No;
                return self.character(None);
            }
            Escape::Unicode(left, value) => {
                let Some(digit) = char::from(byte).to_digit(16) else {
                    return Err(Cause::Problem("has an invalid escape"));
                };
                let value = value * 16 + digit;
                if left > 1 {
                    self.escape = Escape::Unicode(left - 1, value);
                    return Ok(());
                }
                self.escape = Escape::No;
                return self.character(Some(value));
            }
        }
        match (self.in_string, byte) {
            (_, b'"') => {
                self.in_string = !self.in_string;
                self.character(None)
            }
            (true, _) => self.character(None),
            (false, b'{' | b'[') => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(Cause::Problem("is nested too deeply"));
                }
                Ok(())
            }
            (false, b'}' | b']') => {
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            (false, _) => Ok(()),
        }
    }

    /// Takes the next character of a string, with its value if it was a `\u` escape.
    fn character(&mut self, escaped: Option<u32>) -> Result<(), Cause> {
        let is_low = matches!(escaped, Some(0xDC00..=0xDFFF));
        if self.high_surrogate != is_low {
            return Err(Cause::Problem("has half of a surrogate pair"));
        }
        self.high_surrogate = matches!(escaped, Some(0xD800..=0xDBFF));
        Ok(())
    }
}

/// How deeply objects and arrays may be nested; the vendor's postbacks have four levels.
const MAX_DEPTH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_text(text: &str, accepted: bool) {
        assert_eq!(check(text).is_ok(), accepted, "{text}");
    }

    #[test]
    fn depth() {
        check_text(&format!("{}{}", "[".repeat(32), "]".repeat(32)), true);
        check_text(&format!("{}{}", "[".repeat(33), "]".repeat(33)), false);
        check_text(
            &format!("{}{}", "{\"a\":".repeat(33), "}".repeat(33)),
            false,
        );
        check_text(&"[]".repeat(1000), true);
        check_text(&format!("\"{}\"", "[".repeat(1000)), true);
        check_text(&format!(r#""\"{}""#, "[".repeat(1000)), true);
        check_text(&format!(r#""\\"{}"#, "[".repeat(33)), false);
    }

    #[test]
    fn surrogates() {
        check_text(r#""\ud83d\ude00""#, true);
        check_text(r#""\uD83D\uDE00\u00e9\n\\u""#, true);
        check_text(r#""\ud83d""#, false);
        check_text(r#""\ud83dx""#, false);
        check_text(r#""\ud83d\n""#, false);
        check_text(r#""\ud83d\u0041""#, false);
        check_text(r#""\ud83d\ud83d\ude00""#, false);
        check_text(r#""\ude00""#, false);
        check_text(r#""\ude00\ud83d""#, false);
        check_text(r#""\\ud83d""#, true);
    }
}
