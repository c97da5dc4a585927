use super::{json, value::Value};
use crate::InvoiceId;

/// The raw text of `invoice_info`, which may be any JSON value, or missing.
///
/// None of it is signed, so nothing in it refuses a postback, unless the verifier requires a live
/// payment.
#[derive(Clone, Copy, Default)]
pub(crate) struct Info<'a>(Option<&'a str>);

impl<'a> Info<'a> {
    pub(crate) fn new(text: Option<&'a str>) -> Self {
        Self(text)
    }

    /// Whether `uuid` is there and does not name this invoice.
    pub(crate) fn names_another(self, invoice_id: &InvoiceId) -> bool {
        if let Some(uuid) = self.first_uuid() {
            return !invoice_id.is_named_by(uuid);
        }
        match self.field(&["uuid"]) {
            Some(Value::Missing | Value::Null) => false,
            Some(Value::String(uuid)) => !invoice_id.is_named_by(&uuid),
            _ => true,
        }
    }

    /// `test_mode`; `None` if it cannot be read or appears twice.
    pub(crate) fn test_mode(self) -> Option<Value<'a>> {
        self.field(&["test_mode"])
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

    fn field(self, name: &'static [&'static str; 1]) -> Option<Value<'a>> {
        let Some(text) = self.0.filter(|text| text.starts_with('{')) else {
            return Some(Value::Missing);
        };
        let mut raw = [None];
        json::read(text, name, &mut raw).ok()?;
        let [raw] = raw;
        Value::from_json(raw).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CodeError;

    #[test]
    fn uuid() -> Result<(), CodeError> {
        #[track_caller]
        fn check(text: &str, names_another: bool) -> Result<(), CodeError> {
            let info = Info::new(Some(text));
            let actual = info.names_another(&InvoiceId::parse("ILRAJE1Q")?);
            assert_eq!(actual, names_another, "{text}");
            Ok(())
        }
        check(r#"{"uuid":"INV-ILRAJE1Q","address":"x"}"#, false)?;
        check(r#"{ "uuid" : "ILRAJE1Q" }"#, false)?;
        check(r#"{"address":"x","uuid":"INV-ILRAJE1Q"}"#, false)?;
        check(r#"{"uuid":"\u0049NV-ILRAJE1Q"}"#, false)?;
        check(r#"{"uuid":"INV-ILRAJE1Q","a":"uuid"}"#, false)?;
        for missing in ["null", "[]", "\"x\"", "{}", r#"{"uuid":null}"#] {
            check(missing, false)?;
        }
        for other in [r#""INV-89UX09KA""#, r#""""#, "1", "true", "[]", "{}"] {
            check(&format!(r#"{{"uuid":{other}}}"#), true)?;
            check(&format!(r#"{{"address":"x","uuid":{other}}}"#), true)?;
        }
        check(r#"{"uuid":"INV-ILRAJE1Q","uuid":"INV-89UX09KA"}"#, true)?;
        check(
            r#"{"uuid":"INV-ILRAJE1Q","\u0075uid":"INV-89UX09KA"}"#,
            true,
        )
    }
}
