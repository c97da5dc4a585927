use super::{
    json::{self, Raw},
    value::{Problem, Value},
};
use crate::InvoiceId;

/// The raw text of `invoice_info`, which may be any JSON value, or missing.
///
/// None of it is signed, so nothing in it refuses a postback, unless the verifier requires a live
/// payment.
#[derive(Clone, Copy, Default)]
pub(crate) struct Info<'a>(Option<&'a str>);

impl<'a> Info<'a> {
    pub(crate) fn from_json(raw: Raw<'a>) -> Result<Self, Problem> {
        match raw {
            Raw::Duplicate => Err(Problem::duplicate("invoice_info")),
            Raw::Json(text) => Ok(Self(Some(text))),
            Raw::Missing => Ok(Self(None)),
        }
    }

    /// Whether `uuid` is there and does not name this invoice.
    pub(crate) fn names_another(self, invoice_id: &InvoiceId) -> bool {
        if let Some(uuid) = self.first_uuid() {
            return !invoice_id.is_named_by(uuid);
        }
        match self.field("uuid") {
            Some(Value::Missing | Value::Null) => false,
            Some(Value::String(uuid)) => !invoice_id.is_named_by(&uuid),
            _ => true,
        }
    }

    /// `test_mode`; `None` if it cannot be read or appears twice.
    pub(crate) fn test_mode(self) -> Option<Value<'a>> {
        self.field("test_mode")
    }

    /// The uuid if it comes first, as the vendor sends it, and no second one can follow.
    ///
    /// The text is known to be JSON, so it need not be parsed a second time.
    fn first_uuid(self) -> Option<&'a str> {
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

    fn field(self, name: &'static str) -> Option<Value<'a>> {
        let Some(text) = self.0.filter(|text| text.starts_with('{')) else {
            return Some(Value::Missing);
        };
        let mut fields = [Raw::Missing];
        json::read(text, &[name], &mut fields).ok()?;
        let [raw] = fields;
        Value::from_json(name, raw).ok()
    }
}
