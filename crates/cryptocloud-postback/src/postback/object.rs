//! Reads a JSON object field by field, so that one odd field never costs the others.

use std::{collections::BTreeMap, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The type of a field.
pub(super) trait Field: Sized {
    /// Reads a JSON value; `None` if it is not of this type.
    ///
    /// An object adds the names of its own unreadable fields to `faults`.
    fn read(json: &str, faults: &mut Vec<&'static str>) -> Option<Self>;
}

/// The values of an object by name, in their literal spelling; `None` if a name is a duplicate.
pub(super) struct Object<'a>(BTreeMap<String, Option<&'a RawValue>>);

impl<'a> Object<'a> {
    /// `None` if this is not a JSON object.
    pub(super) fn parse(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Reads the field `name`; `None` if it is missing, null, or unreadable and then in `faults`.
    pub(super) fn field<T: Field>(
        &self,
        name: &str,
        path: &'static str,
        faults: &mut Vec<&'static str>,
    ) -> Option<T> {
        let value = match self.0.get(name)? {
            Some(json) if json.get() == "null" => return None,
            Some(json) => T::read(json.get(), faults),
            None => None,
        };
        if value.is_none() {
            faults.push(path);
        }
        value
    }
}

impl<'a> Deserialize<'a> for Object<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'a> Visitor<'a> for ObjectVisitor {
    type Value = Object<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Object<'a>, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((name, json)) = map.next_entry::<String, &RawValue>()? {
            fields
                .entry(name)
                .and_modify(|value| *value = None)
                .or_insert(Some(json));
        }
        Ok(Object(fields))
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
                let object = Object::parse(json)?;
                Some(Self {
                    $($field: object.field(
                        object!(@name $field $($name)?),
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
