//! Strict reading of a JSON object in one pass: the raw texts of the fields that are asked for.
//!
//! A derived `Deserialize` would take an array for a struct, keep quiet about unknown names that
//! come twice, and quote the input in its errors.

use std::{cell::Cell, collections::BTreeSet, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::depth;
use crate::error::Cause;

/// The raw texts of `N` fields, None where one is missing.
pub(crate) type Values<'a, const N: usize> = [Option<&'a RawValue>; N];

/// Why a text was refused.
#[derive(Debug, PartialEq)]
pub(crate) enum Problem {
    Duplicate(Cause),
    Syntax(Cause),
}

/// Reads fields of an object; other fields may come twice.
pub(crate) fn read<'a, const N: usize>(
    text: &'a str,
    names: &'static [&'static str; N],
) -> Result<Values<'a, N>, Problem> {
    read_object(text, names, None)
}

/// Reads fields of an object in which every name is unique, as RFC 7515 section 4 and RFC 7519
/// section 4 want it of a token's header and claims.
pub(crate) fn read_unique<'a, const N: usize>(
    text: &'a str,
    names: &'static [&'static str; N],
) -> Result<Values<'a, N>, Problem> {
    read_object(text, names, Some(BTreeSet::new()))
}

fn read_object<'a, const N: usize>(
    text: &'a str,
    names: &'static [&'static str; N],
    seen: Option<BTreeSet<String>>,
) -> Result<Values<'a, N>, Problem> {
    depth::check(text).map_err(Problem::Syntax)?;
    let duplicate = Cell::new(None);
    let reader = Reader {
        names,
        seen,
        duplicate: &duplicate,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(reader)
        .and_then(|values| json.end().map(|()| values))
        .map_err(|error| match duplicate.get() {
            Some(cause) => Problem::Duplicate(cause),
            None => Problem::Syntax(Cause::from(&error)),
        })
}

struct Reader<'r, const N: usize> {
    names: &'static [&'static str; N],
    /// The names so far, where even those that nobody asked for have to be unique.
    seen: Option<BTreeSet<String>>,
    /// Where a name that came twice is put, since serde's errors carry nothing but text.
    duplicate: &'r Cell<Option<Cause>>,
}

impl<'a, const N: usize> Visitor<'a> for Reader<'_, N> {
    type Value = Values<'a, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let refuse = |name| {
            self.duplicate.set(Some(Cause::field(name, "came twice")));
            de::Error::custom("duplicate")
        };
        let mut values = [None; N];
        loop {
            let key = map.next_key_seed(KeySeed {
                names: self.names,
                seen: self.seen.as_mut(),
            })?;
            match key {
                None => return Ok(values),
                Some(Key::Again) => return Err(refuse("a name")),
                Some(Key::Known(name, index)) => match values.get_mut(index) {
                    Some(slot @ None) => *slot = Some(map.next_value()?),
                    _ => return Err(refuse(name)),
                },
                Some(Key::Other) => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
    }
}

enum Key {
    /// A name that nobody asked for, and that came before.
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
