//! Reads a JSON object field by field, so that one odd field never costs the others.

use std::{fmt, vec};

use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Deserializer, value::RawValue};

/// The type of a field.
pub(super) trait Field: Sized {
    /// Reads a JSON value; `None` if it is not of this type.
    ///
    /// An object adds the names of its own unreadable fields to `faults`.
    fn read(json: &str, faults: &mut Vec<&'static str>) -> Option<Self>;
}

/// The values of the fields of an object, in the order in which they are asked for.
pub(super) struct Object<'a>(vec::IntoIter<Value<'a>>);

#[derive(Clone, Copy)]
enum Value<'a> {
    Duplicate,
    Json(&'a RawValue),
    Missing,
}

impl<'a> Object<'a> {
    /// `None` if this is not a JSON object.
    pub(super) fn parse(json: &'a str, names: &[&str]) -> Option<Self> {
        let mut json = Deserializer::from_str(json);
        let values = json.deserialize_map(ObjectVisitor { names }).ok()?;
        json.end().ok()?;
        Some(Self(values.into_iter()))
    }

    /// Reads the next field; `None` if it is missing, null, or unreadable and then in `faults`.
    pub(super) fn next<T: Field>(
        &mut self,
        path: &'static str,
        faults: &mut Vec<&'static str>,
    ) -> Option<T> {
        let value = match self.0.next()? {
            Value::Missing => return None,
            Value::Json(json) if json.get() == "null" => return None,
            Value::Json(json) => T::read(json.get(), faults),
            // Readers differ in which of the two they take, so neither is taken.
            Value::Duplicate => None,
        };
        if value.is_none() {
            faults.push(path);
        }
        value
    }
}

struct ObjectVisitor<'n> {
    names: &'n [&'n str],
}

impl<'a> Visitor<'a> for ObjectVisitor<'_> {
    type Value = Vec<Value<'a>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = vec![Value::Missing; self.names.len()];
        let mut next = 0;
        let names = self.names;
        while let Some(index) = map.next_key_seed(Index { names, next })? {
            let Some(value) = index.and_then(|index| values.get_mut(index)) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let json = map.next_value()?;
            *value = match value {
                Value::Missing => Value::Json(json),
                Value::Duplicate | Value::Json(_) => Value::Duplicate,
            };
            next = index.map_or(0, |index| index.saturating_add(1));
        }
        Ok(values)
    }
}

/// Turns a name into its index, `None` if it is unknown.
struct Index<'n> {
    names: &'n [&'n str],
    /// The likely one, since the vendor sends its fields in the order of its page.
    next: usize,
}

impl<'a> DeserializeSeed<'a> for Index<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'a>>(self, name: D) -> Result<Self::Value, D::Error> {
        name.deserialize_str(self)
    }
}

impl Visitor<'_> for Index<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        if self.names.get(self.next) == Some(&name) {
            return Ok(Some(self.next));
        }
        Ok(self.names.iter().position(|known| *known == name))
    }
}

/// Defines a struct of optional fields and how to read it.
///
/// `in "project."` is what the names in `faults` begin with.
/// A field is called as in JSON, unless its name follows: `kind = "type": String`.
macro_rules! object {
    (
        $(#[$doc:meta])*
        $object:ident in $path:literal {
            $($(#[$field_doc:meta])* $field:ident $(= $name:literal)?: $type:ty,)*
        }
        $($private:ident: $private_type:ty,)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default)]
        #[non_exhaustive]
        pub struct $object {
            $($(#[$field_doc])* pub $field: Option<$type>,)*
            $($private: $private_type,)*
        }

        impl Field for $object {
            fn read(json: &str, faults: &mut Vec<&'static str>) -> Option<Self> {
                let names = [$(object!(@name $field $($name)?),)*];
                let mut object = Object::parse(json, &names)?;
                Some(Self {
                    $($field: object.next(
                        concat!($path, object!(@name $field $($name)?)),
                        faults,
                    ),)*
                    $($private: Default::default(),)*
                })
            }
        }
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
}
pub(super) use object;
