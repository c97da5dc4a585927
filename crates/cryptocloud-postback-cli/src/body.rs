//! Reads and edits a body that may be malformed: its token and single fields.

use std::collections::HashMap;

use anyhow::{Context, anyhow, bail, ensure};
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
        let json = is_json.then(|| value.to_owned());
        Ok(Self {
            path: path.to_owned(),
            json: json.unwrap_or_else(|| quote(value)),
        })
    }

    /// The same body with this field.
    pub(crate) fn apply(&self, format: Format, body: &Bytes) -> anyhow::Result<Bytes> {
        let Self { path, json } = self;
        let changed = match format {
            Format::Form => set_in_form(body, path, json),
            Format::Json => {
                let names: Vec<&str> = path.split('.').collect();
                set_in_json(str::from_utf8(body)?, &names, json)
            }
        };
        let changed = changed.with_context(|| format!("cannot set {path}"))?;
        Ok(changed.into())
    }
}

/// The string value of a field, if there is one. It is unproven.
pub(crate) fn field(format: Format, body: &[u8], name: &str) -> Option<String> {
    match format {
        Format::Form => {
            let mut pairs = form_urlencoded::parse(body);
            pairs.find_map(|(known, value)| (known == name).then(|| value.into_owned()))
        }
        Format::Json => {
            let object: Value = serde_json::from_slice(body).ok()?;
            Some(object.get(name)?.as_str()?.to_owned())
        }
    }
}

/// The same body with another token; every other byte stays the same.
pub(crate) fn replace_token(format: Format, body: &[u8], token: &str) -> anyhow::Result<Bytes> {
    match format {
        Format::Form => {
            // A token has no character that a form would have to encode.
            let new = format!("token={token}");
            let mut pairs: Vec<&[u8]> = body.split(|byte| *byte == b'&').collect();
            let is_token = |pair: &&mut &[u8]| field(format, pair, "token").is_some();
            let mut tokens = pairs.iter_mut().filter(is_token);
            *tokens.next().context(ONE_TOKEN)? = new.as_bytes();
            ensure!(tokens.next().is_none(), ONE_TOKEN);
            Ok(pairs.join(&b'&').into())
        }
        Format::Json => {
            #[derive(Deserialize)]
            struct Envelope<'a> {
                #[serde(borrow)]
                token: &'a RawValue,
            }
            let text = str::from_utf8(body).context("the body is not UTF-8")?;
            let old: Envelope<'_> = serde_json::from_str(text).context(ONE_TOKEN)?;
            let changed = replace(text, old.token, &quote(token));
            Ok(changed.context(ONE_TOKEN)?.into())
        }
    }
}

/// The same form with another value of this field.
fn set_in_form(body: &[u8], name: &str, json: &str) -> anyhow::Result<String> {
    let is_plain = !name.contains('.');
    ensure!(is_plain, "a form has no such field: use --format json");
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(form_urlencoded::parse(body).filter(|(known, _)| known != name));
    match serde_json::from_str(json) {
        // A form leaves such a field out.
        Ok(Value::Null) => {}
        Ok(Value::String(text)) => drop(form.append_pair(name, &text)),
        _ => drop(form.append_pair(name, json)),
    }
    Ok(form.finish())
}

/// The same JSON object with another value at this path; every other byte stays the same.
fn set_in_json(object: &str, path: &[&str], json: &str) -> anyhow::Result<String> {
    let (name, below) = path.split_first().context("the path is empty")?;
    let fields: HashMap<String, &RawValue> =
        serde_json::from_str(object).map_err(|_| anyhow!("there is no object around {name}"))?;
    let changed = match (fields.get(*name), below) {
        (Some(old), []) => replace(object, old, json),
        (Some(old), below) => replace(object, old, &set_in_json(old.get(), below, json)?),
        (None, []) => object.trim_end().strip_suffix('}').map(|start| {
            let comma = if fields.is_empty() { "" } else { "," };
            format!("{start}{comma}{}:{json}}}", quote(name))
        }),
        (None, _) => bail!("there is no {name}"),
    };
    changed.context("the value is not part of the body")
}

/// The text with another value in place of one that borrows from it.
fn replace(text: &str, old: &RawValue, new: &str) -> Option<String> {
    let start = old.get().as_ptr().addr();
    let start = start.checked_sub(text.as_ptr().addr())?;
    let (before, rest) = text.split_at_checked(start)?;
    Some(format!("{before}{new}{}", rest.strip_prefix(old.get())?))
}

/// A JSON string.
pub(crate) fn quote(text: &str) -> String {
    Value::from(text).to_string()
}

const ONE_TOKEN: &str = "the body must have exactly one token field to replace";
