//! Strict reading of a JSON object in one pass: the raw texts of the fields that are wanted.
//!
//! A derived `Deserialize` would take an array for a struct, ignore unknown names that appear twice,
//! and quote the input in its errors.

use std::{collections::BTreeSet, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::depth;
use crate::error::Cause;

/// The raw texts of `N` fields; `None` if a field is missing.
pub(crate) type Values<'a, const N: usize> = [Option<&'a RawValue>; N];

/// Why a text was refused.
#[derive(Debug, PartialEq)]
pub(crate) enum Problem {
    Duplicate(Cause),
    Syntax(Cause),
}

/// Reads fields of an object in which other fields may appear twice.
///
/// After an error `values` holds what was read before it, and nothing for a field that appears twice.
pub(crate) fn read<'a, const N: usize>(
    text: &'a str,
    names: &'static [&'static str; N],
    values: &mut Values<'a, N>,
) -> Result<(), Problem> {
    read_object(text, names, values, None)
}

/// Reads fields of an object in which every name is unique, as RFC 7515 section 4 and RFC 7519
/// section 4 require of a token's header and claims.
pub(crate) fn read_unique<'a, const N: usize>(
    text: &'a str,
    names: &'static [&'static str; N],
) -> Result<Values<'a, N>, Problem> {
    let mut values = [None; N];
    read_object(text, names, &mut values, Some(BTreeSet::new()))?;
    Ok(values)
}

fn read_object<'a, const N: usize>(
    text: &'a str,
    names: &'static [&'static str; N],
    values: &mut Values<'a, N>,
    seen: Option<BTreeSet<String>>,
) -> Result<(), Problem> {
    depth::check(text).map_err(Problem::Syntax)?;
    let mut duplicate = None;
    let reader = Reader {
        names,
        values,
        seen,
        duplicate: &mut duplicate,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let outcome = json.deserialize_map(reader).and_then(|()| json.end());
    outcome.map_err(|error| match duplicate {
        Some(cause) => Problem::Duplicate(cause),
        None => Problem::Syntax(Cause::from(&error)),
    })
}

struct Reader<'r, 'a, const N: usize> {
    names: &'static [&'static str; N],
    values: &'r mut Values<'a, N>,
    /// The unknown names so far, if they have to be unique too.
    seen: Option<BTreeSet<String>>,
    /// Receives the name that appears twice, since serde's errors carry nothing but text.
    duplicate: &'r mut Option<Cause>,
}

impl<'a, const N: usize> Visitor<'a> for Reader<'_, 'a, N> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        loop {
            let key = map.next_key_seed(KeySeed {
                names: self.names,
                seen: self.seen.as_mut(),
            })?;
            match key {
                None => return Ok(()),
                Some(Key::Again) => return Err(self.refuse("a name")),
                Some(Key::Known(name, index)) => match self.values.get_mut(index) {
                    Some(slot @ None) => *slot = Some(map.next_value()?),
                    first => {
                        // Readers differ in which of the two they take, so neither is taken.
                        first.map(Option::take);
                        return Err(self.refuse(name));
                    }
                },
                Some(Key::Other) => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
    }
}

impl<const N: usize> Reader<'_, '_, N> {
    fn refuse<E: de::Error>(self, name: &'static str) -> E {
        *self.duplicate = Some(Cause::field(name, "appears twice"));
        E::custom("duplicate")
    }
}

enum Key {
    /// An unknown name that appeared before.
    Again,
    Known(&'static str, usize),
    Other,
}

struct KeySeed<'s> {
    names: &'static [&'static str],
    seen: Option<&'s mut BTreeSet<String>>,
}

impl<'a> DeserializeSeed<'a> for KeySeed<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        let mut known = self.names.iter().copied().zip(0..);
        if let Some((name, index)) = known.find(|(known, _)| *known == name) {
            return Ok(Key::Known(name, index));
        }
        let is_new = self.seen.is_none_or(|seen| seen.insert(name.to_owned()));
        Ok(if is_new { Key::Other } else { Key::Again })
    }
}
