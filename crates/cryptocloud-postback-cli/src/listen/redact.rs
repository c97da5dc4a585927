use serde::Serialize;
use serde_json::Value;

use crate::secret::Secret;

/// Keeps the secrets out of the output, even if a sender or the merchant's server wrote one.
pub(super) struct Redactor(Vec<Secret>);

impl Redactor {
    /// Ignores secrets shorter than 8 bytes, which would match unrelated text.
    pub(super) fn new(mut secrets: Vec<Secret>) -> Self {
        secrets.retain(|secret| secret.as_str().len() >= 8);
        Self(secrets)
    }

    /// Serializes a value as JSON.
    pub(super) fn json(&self, value: &impl Serialize) -> serde_json::Result<String> {
        let text = serde_json::to_string(value)?;
        let is_in = |secret: &Secret| {
            let quoted = Value::from(secret.as_str()).to_string();
            text.contains(quoted.trim_matches('"'))
        };
        if !self.0.iter().any(is_in) {
            return Ok(text);
        }
        let mut value = serde_json::from_str(&text)?;
        self.redact(&mut value);
        Ok(value.to_string())
    }

    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            text = text.replace(secret.as_str(), "[secret]");
        }
        text
    }

    fn redact(&self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.redact(value)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.redact(value)),
            Value::String(text) => *text = self.text(text),
            Value::Bool(_) | Value::Null | Value::Number(_) => {}
        }
    }
}
