//! Reads the wanted fields of a JSON object as raw text, in one pass.
//!
//! A derived `Deserialize` would take an array for a struct, ignore unknown names that appear twice,
//! and quote the input in its errors.

use std::{collections::BTreeSet, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::Cause;

/// What an object holds under one name.
#[derive(Clone, Copy)]
pub(crate) enum Raw<'a> {
    /// Two values or more: readers differ in which one they take, so none is taken.
    Duplicate,
    Json(&'a str),
    Missing,
}

/// Reads fields of an object in which other names may appear twice.
///
/// After an error, `fields` holds what was read before it.
pub(crate) fn read<'a>(text: &'a str, names: &[&str], fields: &mut [Raw<'a>]) -> Result<(), Cause> {
    read_object(text, names, fields, None)
}

/// Reads fields of an object in which every other name is unique, as RFC 7515 section 4 and RFC 7519
/// section 4 require of a token's header and claims.
pub(crate) fn read_unique<'a>(
    text: &'a str,
    names: &[&str],
    fields: &mut [Raw<'a>],
) -> Result<(), Cause> {
    read_object(text, names, fields, Some(BTreeSet::new()))
}

fn read_object<'a>(
    text: &'a str,
    names: &[&str],
    fields: &mut [Raw<'a>],
    others: Option<BTreeSet<String>>,
) -> Result<(), Cause> {
    let reader = Reader {
        names,
        fields,
        others,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(reader)
        .and_then(|()| json.end())
        .map_err(|error| Cause::from(&error))
}

struct Reader<'r, 'a> {
    names: &'r [&'r str],
    fields: &'r mut [Raw<'a>],
    /// The other names so far, if they have to be unique too.
    others: Option<BTreeSet<String>>,
}

impl<'a> Visitor<'a> for Reader<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut likely = 0;
        while let Some(index) = map.next_key_seed(Key {
            names: self.names,
            likely,
            others: self.others.as_mut(),
        })? {
            let Some(field) = index.and_then(|index| self.fields.get_mut(index)) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let json = map.next_value::<&RawValue>()?.get();
            *field = match field {
                Raw::Missing => Raw::Json(json),
                Raw::Duplicate | Raw::Json(_) => Raw::Duplicate,
            };
            likely = index.map_or(0, |index| index.saturating_add(1));
        }
        Ok(())
    }
}

/// Turns a name into the index of its field, `None` if it is not wanted.
struct Key<'r> {
    names: &'r [&'r str],
    /// The vendor sends its fields in the order of its page, so the next one is likely.
    likely: usize,
    others: Option<&'r mut BTreeSet<String>>,
}

impl<'a> DeserializeSeed<'a> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'a>>(self, name: D) -> Result<Self::Value, D::Error> {
        name.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        if self.names.get(self.likely) == Some(&name) {
            return Ok(Some(self.likely));
        }
        let index = self.names.iter().position(|known| *known == name);
        let is_new = |others: &mut BTreeSet<_>| others.insert(name.to_owned());
        if index.is_some() || self.others.is_none_or(is_new) {
            Ok(index)
        } else {
            Err(E::custom("a name appears twice"))
        }
    }
}
