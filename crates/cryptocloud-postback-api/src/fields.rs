//! Reads single fields of a JSON object, whatever the others are.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::{Deserializer, value::RawValue};

/// The fields of these names, as JSON: `None` if one is missing, null, or there twice.
///
/// The result is `None` if this is not a JSON object.
pub(crate) fn read<'a, const N: usize>(
    json: &'a str,
    names: [&str; N],
) -> Option<[Option<&'a str>; N]> {
    let mut json = Deserializer::from_str(json);
    let fields = json.deserialize_map(Fields(names)).ok()?;
    json.end().ok()?;
    Some(fields)
}

/// A string, or the literal of a number; `None` if it is anything else, empty, longer than the core
/// allows for an order, or holds what no store can keep or no log can show.
pub(crate) fn text(json: &str) -> Option<Box<str>> {
    let text: Box<str> = if json.starts_with('"') {
        serde_json::from_str(json).ok()?
    } else {
        let is_number = json.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        is_number.then(|| json.into())?
    };
    let is_odd = |c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER;
    let is_kept = (1..=MAX_TEXT_BYTES).contains(&text.len()) && !text.contains(is_odd);
    is_kept.then_some(text)
}

struct Fields<'n, const N: usize>([&'n str; N]);

impl<'a, const N: usize> Visitor<'a> for Fields<'_, N> {
    type Value = [Option<&'a str>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = [None; N];
        let mut counts = [0_usize; N];
        while let Some((name, json)) = map.next_entry::<String, &RawValue>()? {
            let slots = self.0.iter().zip(values.iter_mut().zip(&mut counts));
            for (_, (value, count)) in slots.filter(|(known, _)| **known == name) {
                *value = Some(json.get()).filter(|json| *json != "null" && *count == 0);
                *count = count.saturating_add(1);
            }
        }
        Ok(values)
    }
}

const MAX_TEXT_BYTES: usize = 1_024;
