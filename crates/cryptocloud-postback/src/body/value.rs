use std::borrow::Cow;

use super::json::Raw;
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
    #[inline]
    pub(crate) fn from_json(name: &'static str, raw: Raw<'a>) -> Result<Self, Problem> {
        let raw = match raw {
            Raw::Duplicate => return Err(Problem::duplicate(name)),
            Raw::Json(raw) => raw,
            Raw::Missing => return Ok(Self::Missing),
        };
        Ok(match raw.as_bytes().first() {
            Some(b'"') => Self::String(unquote(raw).map_err(Problem::Syntax)?),
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
            Self::Missing | Self::Null => {
                Err(Error::field(ErrorKind::MissingField, name, "is missing"))
            }
            Self::String(text) => Ok(text),
            _ => Err(Error::invalid(name, "is not a string")),
        }
    }

    /// The string of a field; `None` if it is missing, null or empty.
    pub(crate) fn non_empty_string(&self, name: &'static str) -> Result<Option<&str>, Error> {
        match self {
            Self::Missing | Self::Null => Ok(None),
            Self::String(text) => Ok(Some(&**text).filter(|text| !text.is_empty())),
            _ => Err(Error::invalid(name, "is not a string")),
        }
    }

    /// The string or the literal number of a field; `None` if it is missing, null or empty.
    pub(crate) fn non_empty_literal(&self, name: &'static str) -> Result<Option<&str>, Error> {
        match self {
            Self::Composite | Self::False | Self::True => {
                Err(Error::invalid(name, "is neither a string nor a number"))
            }
            Self::Number(text) => Ok(Some(text)),
            _ => self.non_empty_string(name),
        }
    }
}

/// Why the values of an object cannot be read.
pub(crate) enum Problem {
    Duplicate(Cause),
    Syntax(Cause),
}

impl Problem {
    pub(crate) fn duplicate(name: &'static str) -> Self {
        Self::Duplicate(Cause::field(name, "appears twice"))
    }
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
