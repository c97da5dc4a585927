//! The fields of a postback as the body has them, in either format.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::{
    depth,
    info::Info,
    json::{self, Raw},
    value::{Problem, Value},
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
        depth::check(text).map_err(Problem::Syntax)?;
        let mut fields = [Raw::Missing; NAMES.len()];
        let outcome = json::read(text, &NAMES, &mut fields);
        let [
            status,
            invoice_id,
            amount_crypto,
            currency,
            order_id,
            token,
            invoice_info,
        ] = fields;
        // Before anything else is refused, so that the error can name it.
        self.invoice_id = Value::from_json("invoice_id", invoice_id)?;
        self.status = Value::from_json("status", status)?;
        self.amount_crypto = Value::from_json("amount_crypto", amount_crypto)?;
        self.currency = Value::from_json("currency", currency)?;
        self.order_id = Value::from_json("order_id", order_id)?;
        self.token = Value::from_json("token", token)?;
        self.invoice_info = Info::from_json(invoice_info)?;
        outcome.map_err(Problem::Syntax)
    }

    /// The vendor's page has `invoice_info` in JSON only, so in a form it is an unknown name.
    fn fill_from_form(&mut self, text: &'a str) -> Result<(), Problem> {
        let form: Form<'_> = serde_urlencoded::from_str(text)
            .map_err(|_| Problem::Syntax(Cause::Problem("body cannot be decoded")))?;
        *self = form.fields;
        form.outcome
    }

    fn add(&mut self, name: &str, value: Cow<'a, str>) -> Result<(), Problem> {
        // Escapes that are not UTF-8 decode to U+FFFD (WHATWG URL section 5.1).
        if [name, &value]
            .iter()
            .any(|text| text.contains(char::REPLACEMENT_CHARACTER))
        {
            let cause = Cause::Problem("an escape in the body is not UTF-8");
            return Err(Problem::Syntax(cause));
        }
        let Some((name, field)) = self.by_name(name) else {
            return Ok(());
        };
        if *field != Value::Missing {
            // Readers differ in which of the two they take, so neither is taken.
            *field = Value::Missing;
            return Err(Problem::duplicate(name));
        }
        *field = Value::String(value);
        Ok(())
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
struct Form<'a> {
    fields: Fields<'a>,
    outcome: Result<(), Problem>,
}

impl<'de> Deserialize<'de> for Form<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FormVisitor)
    }
}

struct FormVisitor;

impl<'de> Visitor<'de> for FormVisitor {
    type Value = Form<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a form")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Form<'de>, A::Error> {
        let mut form = Form {
            fields: Fields::default(),
            outcome: Ok(()),
        };
        while form.outcome.is_ok()
            && let Some((Text(name), Text(value))) = map.next_entry()?
        {
            form.outcome = form.fields.add(&name, value);
        }
        Ok(form)
    }
}

/// A string that is borrowed if nothing in it is escaped; a bare `Cow` would always be owned.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

const NAMES: [&str; 7] = [
    "status",
    "invoice_id",
    "amount_crypto",
    "currency",
    "order_id",
    "token",
    "invoice_info",
];
