//! The fields of a postback as they stand in a body, in either format.

use std::{borrow::Cow, fmt, str};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::{
    Error, ErrorKind, Format,
    body::json::{self, Problem},
    error::Cause,
};

/// What a body says, not judged yet.
#[derive(Default)]
pub(crate) struct Fields<'a> {
    pub(crate) status: Value<'a>,
    pub(crate) invoice_id: Value<'a>,
    pub(crate) amount_crypto: Value<'a>,
    pub(crate) currency: Value<'a>,
    pub(crate) order_id: Value<'a>,
    pub(crate) token: Value<'a>,
    /// `invoice_info.uuid`
    pub(crate) uuid: Value<'a>,
    info: Info<'a>,
}

/// The value of one field.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum Value<'a> {
    False,
    #[default]
    Missing,
    Null,
    /// The literal text of a JSON number.
    Number(&'a str),
    /// `true`, an array or an object.
    Other,
    Text(Cow<'a, str>),
}

impl<'a> Fields<'a> {
    pub(crate) fn read(format: Format, body: &'a [u8]) -> Result<Self, Error> {
        // Of the whole body, since serde_json does not look into the strings that it skips.
        str::from_utf8(body)
            .map_err(|_| Problem::Syntax(Cause::Problem("is not UTF-8")))
            .and_then(|text| match format {
                // It would hide the name of a form's first field.
                _ if text.starts_with('\u{feff}') => {
                    Err(Problem::Syntax(Cause::Problem("has a byte order mark")))
                }
                Format::Form => Self::read_form(text),
                Format::Json => Self::read_json(text),
            })
            .map_err(|problem| refuse(format, problem))
    }

    /// `invoice_info.test_mode`, looked for only when asked.
    pub(crate) fn test_mode(&self) -> Result<Value<'a>, Error> {
        self.info
            .field(&["test_mode"])
            .map_err(|problem| refuse(Format::Json, problem))
    }

    fn read_json(text: &'a str) -> Result<Self, Problem> {
        let [
            status,
            invoice_id,
            amount_crypto,
            currency,
            order_id,
            token,
            invoice_info,
        ] = json::read(text, &NAMES)?;
        let info = Info(invoice_info.map(RawValue::get));
        let value = |raw| Value::from_json(raw).map_err(Problem::Syntax);
        Ok(Self {
            status: value(status)?,
            invoice_id: value(invoice_id)?,
            amount_crypto: value(amount_crypto)?,
            currency: value(currency)?,
            order_id: value(order_id)?,
            token: value(token)?,
            uuid: info.uuid()?,
            info,
        })
    }

    /// The page has `invoice_info` in JSON only, so in a form that name is like any unknown one.
    fn read_form(text: &'a str) -> Result<Self, Problem> {
        let Form { fields, problem } = serde_urlencoded::from_str(text)
            .map_err(|_| Problem::Syntax(Cause::Problem("cannot be decoded")))?;
        match problem {
            Some(problem) => Err(problem),
            None => Ok(fields),
        }
    }

    fn by_name(&mut self, name: &str) -> Option<(&'static str, &mut Value<'a>)> {
        Some(match name {
            "status" => ("status", &mut self.status),
            "invoice_id" => ("invoice_id", &mut self.invoice_id),
            "amount_crypto" => ("amount_crypto", &mut self.amount_crypto),
            "currency" => ("currency", &mut self.currency),
            "order_id" => ("order_id", &mut self.order_id),
            "token" => ("token", &mut self.token),
            _ => return None,
        })
    }
}

impl<'a> Value<'a> {
    /// From the raw text of a field.
    pub(crate) fn from_json(raw: Option<&'a RawValue>) -> Result<Self, Cause> {
        let Some(raw) = raw.map(RawValue::get) else {
            return Ok(Self::Missing);
        };
        Ok(match raw.as_bytes().first() {
            Some(b'"') => Self::Text(unquote(raw)?),
            Some(b'-' | b'0'..=b'9') => Self::Number(raw),
            Some(b'n') => Self::Null,
            Some(b'f') => Self::False,
            _ => Self::Other,
        })
    }

    /// The text of a required field.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Error> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Missing | Self::Null => Err(Error::new(
                ErrorKind::MissingField,
                Cause::field(name, "is missing"),
            )),
            Self::False | Self::Number(_) | Self::Other => Err(self.not_text(name)),
        }
    }

    /// The text of an optional field, None where it is missing, null or empty.
    pub(crate) fn optional(&self, name: &'static str) -> Result<Option<&str>, Error> {
        match self {
            Self::Text(text) => Ok((!text.is_empty()).then_some(text)),
            Self::Missing | Self::Null => Ok(None),
            Self::False | Self::Number(_) | Self::Other => Err(self.not_text(name)),
        }
    }

    fn not_text(&self, name: &'static str) -> Error {
        Error::new(ErrorKind::InvalidField, Cause::field(name, "is not text"))
    }
}

/// The raw text of `invoice_info`, which may be no object at all.
#[derive(Clone, Copy, Default)]
struct Info<'a>(Option<&'a str>);

impl<'a> Info<'a> {
    fn uuid(self) -> Result<Value<'a>, Problem> {
        match self.usual_uuid() {
            Some(uuid) => Ok(Value::Text(Cow::Borrowed(uuid))),
            None => self.field(&["uuid"]),
        }
    }

    /// The uuid where it comes first, as the vendor sends it, and no second one can follow.
    ///
    /// That the text is JSON is known, so all of it need not be read a second time.
    fn usual_uuid(self) -> Option<&'a str> {
        let mut rest = self.0?;
        for token in ["{", "\"uuid\"", ":", "\""] {
            rest = rest.strip_prefix(token)?;
            if token != "\"" {
                rest = rest.trim_ascii_start();
            }
        }
        let (uuid, rest) = rest.split_once('"')?;
        // A name can also be spelled with escapes, as `\u0075uid`.
        let is_only = !uuid.contains('\\') && !rest.contains("\\u") && !rest.contains("uuid");
        is_only.then_some(uuid)
    }

    fn field(self, name: &'static [&'static str; 1]) -> Result<Value<'a>, Problem> {
        let Some(text) = self.0.filter(|text| text.starts_with('{')) else {
            return Ok(Value::Missing);
        };
        let [raw] = json::read(text, name)?;
        Value::from_json(raw).map_err(Problem::Syntax)
    }
}

/// The content of a JSON string, borrowed where nothing in it is escaped.
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

fn refuse(format: Format, problem: Problem) -> Error {
    let (kind, cause) = match (problem, format) {
        (Problem::Duplicate(cause), _) => (ErrorKind::DuplicateField, cause),
        (Problem::Syntax(cause), Format::Form) => (ErrorKind::InvalidForm, cause),
        (Problem::Syntax(cause), Format::Json) => (ErrorKind::InvalidJson, cause),
    };
    Error::new(kind, cause)
}

/// A form's fields, and the first thing that is wrong with it.
#[derive(Default)]
struct Form<'a> {
    fields: Fields<'a>,
    problem: Option<Problem>,
}

impl<'a> Deserialize<'a> for Form<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FormVisitor)
    }
}

struct FormVisitor;

impl<'a> Visitor<'a> for FormVisitor {
    type Value = Form<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a form")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Form<'a>, A::Error> {
        let mut form = Form::default();
        while let Some((Text(name), Text(value))) = map.next_entry()? {
            // Escapes decode to U+FFFD where they are no UTF-8 (WHATWG URL section 5.1).
            if [&name, &value]
                .iter()
                .any(|text| text.contains(char::REPLACEMENT_CHARACTER))
            {
                form.problem = Some(Problem::Syntax(Cause::Problem("is not UTF-8")));
                break;
            }
            match form.fields.by_name(&name) {
                None => {}
                Some((_, slot @ Value::Missing)) => *slot = Value::Text(value),
                Some((name, _)) => {
                    form.problem = Some(Problem::Duplicate(Cause::field(name, "came twice")));
                    break;
                }
            }
        }
        Ok(form)
    }
}

/// Text that borrows where it can; a `Cow` in a tuple would always be owned.
struct Text<'a>(Cow<'a, str>);

impl<'a> Deserialize<'a> for Text<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'a> Visitor<'a> for TextVisitor {
    type Value = Text<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Text<'a>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'a>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Text<'a>, E> {
        Ok(Text(Cow::Owned(text)))
    }
}

const NAMES: [&str; 7] = [
    "status",
    "invoice_id",
    "amount_crypto",
    "currency",
    "order_id",
    "token",
    "invoice_info",
];
