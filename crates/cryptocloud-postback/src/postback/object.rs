//! Reads a JSON object field by field, so that one odd field never costs the others.

use std::vec;

use crate::body::json::{self, Raw};

/// The type of a field.
pub(super) trait Field: Sized {
    /// Reads a JSON value; `None` if it is not of this type.
    ///
    /// An object adds the names of its own unreadable fields to `faults`.
    fn read(json: &str, faults: &mut Vec<&'static str>) -> Option<Self>;
}

/// The values of the fields of an object, in the order in which they are asked for.
pub(super) struct Object<'a>(vec::IntoIter<Raw<'a>>);

impl<'a> Object<'a> {
    /// `None` if this is not a JSON object.
    pub(super) fn parse(json: &'a str, names: &[&str]) -> Option<Self> {
        let mut fields = vec![Raw::Missing; names.len()];
        json::read(json, names, &mut fields).ok()?;
        Some(Self(fields.into_iter()))
    }

    /// Reads the next field; `None` if it is missing, null, or unreadable and then in `faults`.
    pub(super) fn next<T: Field>(
        &mut self,
        path: &'static str,
        faults: &mut Vec<&'static str>,
    ) -> Option<T> {
        let value = match self.0.next()? {
            Raw::Missing | Raw::Json("null") => return None,
            Raw::Json(json) => T::read(json, faults),
            Raw::Duplicate => None,
        };
        if value.is_none() {
            faults.push(path);
        }
        value
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
