use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::{Error, ErrorKind, error::Cause};

/// The value of one field.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum Value<'a> {
    /// An array or an object.
    Composite,
    False,
    #[default]
    Missing,
    Null,
    /// The literal text of a JSON number.
    Number(&'a str),
    String(Cow<'a, str>),
    True,
}

impl<'a> Value<'a> {
    /// From the raw text of a field.
    pub(crate) fn from_json(raw: Option<&'a RawValue>) -> Result<Self, Cause> {
        let Some(raw) = raw.map(RawValue::get) else {
            return Ok(Self::Missing);
        };
        Ok(match raw.as_bytes().first() {
            Some(b'"') => Self::String(unquote(raw)?),
            Some(b'-' | b'0'..=b'9') => Self::Number(raw),
            Some(b'f') => Self::False,
            Some(b'n') => Self::Null,
            Some(b't') => Self::True,
            _ => Self::Composite,
        })
    }

    /// The string of a field that must not be missing or null.
    pub(crate) fn required_string(&self, name: &'static str) -> Result<&str, Error> {
        match self {
            Self::Missing | Self::Null => Err(Error::new(
                ErrorKind::MissingField,
                Cause::field(name, "is missing"),
            )),
            Self::String(text) => Ok(text),
            _ => Err(invalid(name, "is not a string")),
        }
    }

    /// The string of a field; `None` if it is missing, null or empty.
    pub(crate) fn non_empty_string(&self, name: &'static str) -> Result<Option<&str>, Error> {
        match self {
            Self::Missing | Self::Null => Ok(None),
            Self::String(text) => Ok(Some(&**text).filter(|text| !text.is_empty())),
            _ => Err(invalid(name, "is not a string")),
        }
    }

    /// The string or the literal number of a field; `None` if it is missing, null or empty.
    pub(crate) fn non_empty_literal(&self, name: &'static str) -> Result<Option<&str>, Error> {
        match self {
            Self::Composite | Self::False | Self::True => {
                Err(invalid(name, "is neither a string nor a number"))
            }
            Self::Number(text) => Ok(Some(text)),
            _ => self.non_empty_string(name),
        }
    }
}

fn invalid(name: &'static str, problem: &'static str) -> Error {
    Error::new(ErrorKind::InvalidField, Cause::field(name, problem))
}

/// The content of a JSON string, borrowed if nothing in it is escaped.
fn unquote(raw: &str) -> Result<Cow<'_, str>, Cause> {
    let content = raw
        .strip_prefix('"')
        .and_then(|content| content.strip_suffix('"'));
    match content {
        Some(content) if !content.contains('\\') => Ok(Cow::Borrowed(content)),
        _ => serde_json::from_str(raw)
            .map(Cow::Owned)
            .map_err(|error| Cause::from(&error)),
    }
}
