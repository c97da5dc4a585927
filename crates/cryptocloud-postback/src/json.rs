//! Strict reading of a JSON object in one pass: the raw texts of the fields that are asked for.
//!
//! A derived `Deserialize` would take an array for a struct, keep quiet about unknown names that
//! come twice, and quote the input in its errors.

use std::{cell::Cell, collections::BTreeSet, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::{error::Cause, scan};

/// The raw texts of `N` fields, None where one is missing.
pub(crate) type Values<'a, const N: usize> = [Option<&'a RawValue>; N];

/// Why a text was refused.
#[derive(Debug, PartialEq)]
pub(crate) enum Problem {
    Duplicate(Cause),
    Syntax(Cause),
}

/// Reads fields of an object in which every name is unique, as RFC 7515 section 4 and RFC 7519
/// section 4 want it of a token's header and claims.
pub(crate) fn read_unique<'a, const N: usize>(
    text: &'a str,
    names: &'static [&'static str; N],
) -> Result<Values<'a, N>, Problem> {
    let mut values = [None; N];
    let duplicate = Cell::new(None);
    let reader = Reader {
        names,
        values: &mut values,
        inner: None,
        seen: Some(BTreeSet::new()),
        duplicate: &duplicate,
    };
    read(text, reader, &duplicate)?;
    Ok(values)
}

/// Reads fields of an object and, in the same pass, fields of the object under `inner_name`.
///
/// What stands there may be no object at all; then it has no fields.
pub(crate) fn read_nested<'a, const N: usize, const M: usize>(
    text: &'a str,
    names: &'static [&'static str; N],
    inner_name: &'static str,
    inner_names: &'static [&'static str; M],
) -> Result<(Values<'a, N>, Values<'a, M>), Problem> {
    let mut values = [None; N];
    let mut inner_values = [None; M];
    let duplicate = Cell::new(None);
    let reader = Reader {
        names,
        values: &mut values,
        inner: Some(Inner {
            name: inner_name,
            names: inner_names,
            values: &mut inner_values,
            found: false,
        }),
        seen: None,
        duplicate: &duplicate,
    };
    read(text, reader, &duplicate)?;
    Ok((values, inner_values))
}

fn read<'a>(
    text: &'a str,
    reader: Reader<'_, 'a>,
    duplicate: &Cell<Option<Cause>>,
) -> Result<(), Problem> {
    scan::check(text).map_err(Problem::Syntax)?;
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(reader)
        .and_then(|()| json.end())
        .map_err(|error| match duplicate.get() {
            Some(cause) => Problem::Duplicate(cause),
            None => Problem::Syntax(Cause::from(&error)),
        })
}

/// Collects the values of one object, and of one object within it.
struct Reader<'r, 'a> {
    names: &'static [&'static str],
    values: &'r mut [Option<&'a RawValue>],
    inner: Option<Inner<'r, 'a>>,
    /// The names so far, where even those that nobody asked for have to be unique.
    seen: Option<BTreeSet<String>>,
    /// Where a name that came twice is put, since serde's errors carry nothing but text.
    duplicate: &'r Cell<Option<Cause>>,
}

struct Inner<'r, 'a> {
    name: &'static str,
    names: &'static [&'static str],
    values: &'r mut [Option<&'a RawValue>],
    found: bool,
}

impl<'a> Visitor<'a> for Reader<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        loop {
            let key = map.next_key_seed(KeySeed {
                names: self.names,
                inner: self.inner.as_ref().map(|inner| inner.name),
                seen: self.seen.as_mut(),
            })?;
            match key {
                None => return Ok(()),
                Some(Key::Again) => return Err(refuse(self.duplicate, "a name")),
                Some(Key::Inner) => {
                    let Some(inner) = &mut self.inner else {
                        continue;
                    };
                    if inner.found {
                        return Err(refuse(self.duplicate, inner.name));
                    }
                    inner.found = true;
                    map.next_value_seed(Reader {
                        names: inner.names,
                        values: inner.values,
                        inner: None,
                        seen: None,
                        duplicate: self.duplicate,
                    })?;
                }
                Some(Key::Known(name, index)) => match self.values.get_mut(index) {
                    Some(slot @ None) => *slot = Some(map.next_value()?),
                    _ => return Err(refuse(self.duplicate, name)),
                },
                Some(Key::Other) => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
    }

    // The rest is for what stands under the inner name and is no object.

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

impl<'a> DeserializeSeed<'a> for Reader<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

enum Key {
    Again,
    Inner,
    Known(&'static str, usize),
    Other,
}

struct KeySeed<'s> {
    names: &'static [&'static str],
    inner: Option<&'static str>,
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
        if self.inner == Some(name) {
            return Ok(Key::Inner);
        }
        Ok(match self.seen {
            Some(seen) => match seen.insert(name.to_owned()) {
                true => Key::Other,
                false => Key::Again,
            },
            None => Key::Other,
        })
    }
}

/// An error for serde to pass on, whose cause waits in the cell.
fn refuse<E: de::Error>(duplicate: &Cell<Option<Cause>>, name: &'static str) -> E {
    duplicate.set(Some(Cause::field(name, "came twice")));
    E::custom("duplicate")
}
