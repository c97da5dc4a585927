//! Reads and edits a body that may be malformed: its token and single fields.

use std::collections::HashMap;

use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use cryptocloud_postback::Format;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

/// A field that is set last.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    path: String,
    json: String,
}

impl Change {
    /// Reads `FIELD=VALUE`, for clap.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let (path, value) = text.split_once('=').context("write FIELD=VALUE")?;
        match path {
            "invoice_id" => bail!("use --invoice-id, which the token names too"),
            "token" => bail!("the token is signed anew each time"),
            _ => {}
        }
        let is_json = serde_json::from_str::<IgnoredAny>(value).is_ok();
        Ok(Self {
            path: path.to_owned(),
            json: if is_json {
                value.to_owned()
            } else {
                quote(value)
            },
        })
    }

    /// The same body with this field.
    pub(crate) fn apply(&self, format: Format, body: &Bytes) -> anyhow::Result<Bytes> {
        let Self { path, json } = self;
        let changed = match format {
            Format::Form => set_in_form(body, path, json),
            Format::Json => {
                let names: Vec<&str> = path.split('.').collect();
                let text = str::from_utf8(body).map_err(Into::into);
                text.and_then(|text| set(text, &names, json))
            }
        };
        let changed = changed.with_context(|| format!("cannot set {path}"))?;
        Ok(changed.into())
    }
}

/// The string value of a field, if there is one. It is unproven.
pub(crate) fn field(format: Format, body: &[u8], name: &str) -> Option<String> {
    match format {
        Format::Form => serde_urlencoded::from_bytes::<Vec<(String, String)>>(body)
            .ok()?
            .into_iter()
            .find_map(|(known, value)| (known == name).then_some(value)),
        Format::Json => {
            let object: Value = serde_json::from_slice(body).ok()?;
            Some(object.get(name)?.as_str()?.to_owned())
        }
    }
}

/// The same body with another token; every other byte stays the same.
pub(crate) fn replace_token(format: Format, body: &[u8], token: &str) -> anyhow::Result<Bytes> {
    match format {
        Format::Form => replace_in_form(body, token),
        Format::Json => replace_in_json(body, token),
    }
}

fn replace_in_form(body: &[u8], token: &str) -> anyhow::Result<Bytes> {
    let is_token = |pair: &[u8]| {
        serde_urlencoded::from_bytes::<Vec<(String, String)>>(pair)
            .is_ok_and(|pairs| pairs.iter().any(|(name, _)| name == "token"))
    };
    // A token has no character that a form would have to encode.
    let new = format!("token={token}");
    let pairs: Vec<&[u8]> = body.split(|byte| *byte == b'&').collect();
    if pairs.iter().filter(|pair| is_token(pair)).count() != 1 {
        return Err(anyhow!(ONE_TOKEN));
    }
    let pairs = pairs
        .into_iter()
        .map(|pair| if is_token(pair) { new.as_bytes() } else { pair });
    Ok(pairs.collect::<Vec<_>>().join(&b'&').into())
}

fn replace_in_json(body: &[u8], token: &str) -> anyhow::Result<Bytes> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        token: &'a RawValue,
    }
    let text = str::from_utf8(body).context("the body is not UTF-8")?;
    let envelope: Envelope<'_> = serde_json::from_str(text).context(ONE_TOKEN)?;
    let changed = replace(text, envelope.token, &format!("\"{token}\""));
    Ok(changed.context(ONE_TOKEN)?.into())
}

/// The same form with another value of this field.
fn set_in_form(body: &[u8], name: &str, json: &str) -> anyhow::Result<String> {
    let mut pairs: Vec<(String, String)> =
        serde_urlencoded::from_bytes(body).context("the body is not a form")?;
    if name.contains('.') {
        bail!("a form has no such field: use --format json");
    }
    pairs.retain(|(known, _)| known != name);
    match serde_json::from_str(json) {
        // A form leaves such a field out.
        Ok(Value::Null) => {}
        Ok(Value::String(text)) => pairs.push((name.to_owned(), text)),
        _ => pairs.push((name.to_owned(), json.to_owned())),
    }
    Ok(serde_urlencoded::to_string(pairs)?)
}

/// The same JSON object with another value at this path; every other byte stays the same.
fn set(object: &str, path: &[&str], json: &str) -> anyhow::Result<String> {
    let (name, below) = path.split_first().context("the path is empty")?;
    let fields: HashMap<String, &RawValue> =
        serde_json::from_str(object).map_err(|_| anyhow!("there is no object around {name}"))?;
    let changed = match (fields.get(*name), below) {
        (Some(old), []) => replace(object, old, json),
        (Some(old), below) => replace(object, old, &set(old.get(), below, json)?),
        (None, []) => object.trim_end().strip_suffix('}').map(|start| {
            let comma = if fields.is_empty() { "" } else { "," };
            format!("{start}{comma}{}:{json}}}", Value::from(*name))
        }),
        (None, _) => bail!("there is no {name}"),
    };
    changed.context("the value is not part of the body")
}

/// A JSON string.
pub(crate) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text with another value in place of one that borrows from it.
fn replace(text: &str, old: &RawValue, new: &str) -> Option<String> {
    let start = old
        .get()
        .as_ptr()
        .addr()
        .checked_sub(text.as_ptr().addr())?;
    let (before, rest) = text.split_at_checked(start)?;
    let after = rest.strip_prefix(old.get())?;
    Some(format!("{before}{new}{after}"))
}

const ONE_TOKEN: &str = "the body must have exactly one token field to replace";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: Format, body: &str, expected: Option<&str>) {
        let replaced = replace_token(format, body.as_bytes(), "a.b.c").ok();
        assert_eq!(replaced.as_deref(), expected.map(str::as_bytes), "{body}");
    }

    #[test]
    fn only_the_token_changes() {
        check(
            Format::Json,
            "{ \"token\" :\n \"old\" , \"token \":\"old\", \"x\":1e-05}",
            Some("{ \"token\" :\n \"a.b.c\" , \"token \":\"old\", \"x\":1e-05}"),
        );
        check(
            Format::Json,
            r#"{"to\u006ben":null}"#,
            Some(r#"{"to\u006ben":"a.b.c"}"#),
        );
        check(Format::Json, r#"{"token":1,"token":2}"#, None);
        check(Format::Json, r#"{"x":{"token":1}}"#, None);
        check(Format::Json, "x", None);
        check(
            Format::Form,
            "a=%zz&token=old&b",
            Some("a=%zz&token=a.b.c&b"),
        );
        check(Format::Form, "%74oken", Some("token=a.b.c"));
        check(Format::Form, "token=1&token=2", None);
        check(Format::Form, "xtoken=1", None);
    }

    #[test]
    fn a_field_is_set_at_its_path() {
        #[track_caller]
        fn check(path: &str, expected: Option<&str>) {
            let path: Vec<&str> = path.split('.').collect();
            let body = r#"{ "a":{"b": 1e-05,"c":{}}, "d":[1] }"#;
            assert_eq!(set(body, &path, "2").ok().as_deref(), expected, "{path:?}");
        }
        check("a.b", Some(r#"{ "a":{"b": 2,"c":{}}, "d":[1] }"#));
        check(
            "a.c.x",
            Some(r#"{ "a":{"b": 1e-05,"c":{"x":2}}, "d":[1] }"#),
        );
        check("e", Some(r#"{ "a":{"b": 1e-05,"c":{}}, "d":[1] ,"e":2}"#));
        check("a", Some(r#"{ "a":2, "d":[1] }"#));
        check("a.b.x", None);
        check("d.0", None);
        check("x.y", None);
    }
}
