use std::io;

use serde::Serialize;
use serde_json::{Serializer, Value, ser::Formatter};

/// Writes JSON as the vendor's Python does: `1e-05`, `100.0`.
pub(crate) fn json(value: &Value) -> String {
    let mut json = Vec::new();
    // Writing a `Value` to a `Vec` never fails.
    let _ = value.serialize(&mut Serializer::with_formatter(&mut json, Python));
    String::from_utf8(json).unwrap_or_default()
}

struct Python;

impl Formatter for Python {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let text = format!("{value:?}");
        match text.split_once('e') {
            // Rust and Python choose the same digits, and spell the exponent differently.
            Some((digits, exponent)) => {
                let (sign, exponent) = match exponent.strip_prefix('-') {
                    Some(exponent) => ('-', exponent),
                    None => ('+', exponent),
                };
                write!(writer, "{digits}e{sign}{exponent:0>2}")
            }
            None => writer.write_all(text.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn floats_are_spelled_as_in_python() {
        let json = serde_json::json!([100.2, 100.0, 0.0001, 0.00001, 1.5e-7, 1e16, 1e22, 0, 3]);
        let expected = "[100.2,100.0,0.0001,1e-05,1.5e-07,1e+16,1e+22,0,3]";
        assert_eq!(super::json(&json), expected);
    }
}
