//! The fields of a postback as the body has them, in either format.

use std::{borrow::Cow, fmt, str};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    info::Info,
    json::{self, Problem},
    value::Value,
};
use crate::{Error, ErrorKind, Format, InvoiceId, error::Cause};

/// What a body says, not checked yet.
#[derive(Default)]
pub(crate) struct Fields<'a> {
    pub(crate) amount_crypto: Value<'a>,
    pub(crate) currency: Value<'a>,
    pub(crate) invoice_id: Value<'a>,
    pub(crate) invoice_info: Info<'a>,
    pub(crate) order_id: Value<'a>,
    pub(crate) status: Value<'a>,
    pub(crate) token: Value<'a>,
}

impl<'a> Fields<'a> {
    pub(crate) fn read(format: Format, body: &'a [u8]) -> Result<Self, Error> {
        let mut fields = Self::default();
        match fields.fill(format, body) {
            Ok(()) => Ok(fields),
            Err(problem) => Err(fields.refuse(format, problem)),
        }
    }

    fn fill(&mut self, format: Format, body: &'a [u8]) -> Result<(), Problem> {
        // The whole body, since serde_json does not check the strings that it skips.
        let text = str::from_utf8(body)
            .map_err(|_| Problem::Syntax(Cause::Problem("body is not UTF-8")))?;
        if text.starts_with('\u{feff}') {
            // It would hide the name of a form's first field.
            let cause = Cause::Problem("body starts with a byte order mark");
            return Err(Problem::Syntax(cause));
        }
        match format {
            Format::Form => self.fill_from_form(text),
            Format::Json => self.fill_from_json(text),
        }
    }

    fn fill_from_json(&mut self, text: &'a str) -> Result<(), Problem> {
        let mut values = [None; NAMES.len()];
        let outcome = json::read(text, &NAMES, &mut values);
        let [
            status,
            invoice_id,
            amount_crypto,
            currency,
            order_id,
            token,
            invoice_info,
        ] = values;
        let value = |raw| Value::from_json(raw).map_err(Problem::Syntax);
        // Before anything else is refused, so that the error can name it.
        self.invoice_id = value(invoice_id)?;
        outcome?;
        self.status = value(status)?;
        self.amount_crypto = value(amount_crypto)?;
        self.currency = value(currency)?;
        self.order_id = value(order_id)?;
        self.token = value(token)?;
        self.invoice_info = Info::new(invoice_info.map(RawValue::get));
        Ok(())
    }

    /// The vendor's page has `invoice_info` in JSON only, so in a form it is an unknown name.
    fn fill_from_form(&mut self, text: &'a str) -> Result<(), Problem> {
        let form = serde_urlencoded::from_str(text)
            .map_err(|_| Problem::Syntax(Cause::Problem("body cannot be decoded")))?;
        let Form { fields, problem } = form;
        *self = fields;
        problem.map_or(Ok(()), Err)
    }

    fn refuse(&self, format: Format, problem: Problem) -> Error {
        let error = match (problem, format) {
            (Problem::Duplicate(cause), _) => Error::new(ErrorKind::DuplicateField, cause),
            (Problem::Syntax(cause), Format::Form) => Error::new(ErrorKind::InvalidForm, cause),
            (Problem::Syntax(cause), Format::Json) => Error::new(ErrorKind::InvalidJson, cause),
        };
        match &self.invoice_id {
            Value::String(id) => error.with_invoice_id(InvoiceId::parse(id).ok()),
            _ => error,
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

/// The fields of a form up to the first thing that is wrong with it.
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
            // Escapes that are not UTF-8 decode to U+FFFD (WHATWG URL section 5.1).
            if [&name, &value]
                .iter()
                .any(|text| text.contains(char::REPLACEMENT_CHARACTER))
            {
                let cause = Cause::Problem("an escape in the body is not UTF-8");
                form.problem = Some(Problem::Syntax(cause));
                break;
            }
            match form.fields.by_name(&name) {
                None => {}
                Some((_, slot @ Value::Missing)) => *slot = Value::String(value),
                Some((name, slot)) => {
                    // Readers differ in which of the two they take, so neither is taken.
                    *slot = Value::Missing;
                    let cause = Cause::field(name, "appears twice");
                    form.problem = Some(Problem::Duplicate(cause));
                    break;
                }
            }
        }
        Ok(form)
    }
}

/// A string that is borrowed if possible; a `Cow` in a tuple would always be owned.
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
        f.write_str("a string")
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
