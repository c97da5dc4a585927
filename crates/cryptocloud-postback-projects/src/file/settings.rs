use std::borrow::Cow;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::FileError;

/// The settings in one table of the file, which are taken out one by one.
pub(super) struct Settings<'i> {
    left: DeTable<'i>,
    text: &'i str,
}

/// A value, and the line in which it is.
pub(super) struct At<T> {
    pub(super) line: usize,
    pub(super) value: T,
}

impl<'i> Settings<'i> {
    /// Reads TOML. Of the parser's error only the line is kept: its text can quote the file.
    pub(super) fn parse(text: &'i str) -> Result<Self, FileError> {
        let table = DeTable::parse(text).map_err(|error| {
            let problem = match error.message() {
                "duplicate key" => "project or setting is in the file twice",
                _ => "not valid TOML",
            };
            FileError::new(
                line(text, error.span().map_or(0, |span| span.start)),
                problem,
            )
        })?;
        let left = table.into_inner();
        Ok(Self { left, text })
    }

    /// Takes all tables that are within the table `name`, in the order of their names.
    pub(super) fn tables(&mut self, name: &str) -> Result<Vec<(At<String>, Self)>, FileError> {
        let Some(outer) = self.left.remove(name) else {
            return Ok(Vec::new());
        };
        let text = self.text;
        let line_of_outer = self.line(&outer);
        let DeValue::Table(outer) = outer.into_inner() else {
            return Err(wrong_type(line_of_outer, name, "a table"));
        };
        let inner = outer.into_iter().map(|(name, value)| {
            let line = line(text, name.span().start);
            let DeValue::Table(left) = value.into_inner() else {
                return Err(FileError::new(line, "project is not a table"));
            };
            let value = name.into_inner().into_owned();
            Ok((At { line, value }, Self { left, text }))
        });
        inner.collect()
    }

    /// Takes a setting that is true or false. Defaults to false.
    pub(super) fn flag(&mut self, name: &str) -> Result<bool, FileError> {
        let Some(value) = self.left.remove(name) else {
            return Ok(false);
        };
        match value.get_ref() {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(wrong_type(self.line(&value), name, "true or false")),
        }
    }

    /// Takes a setting that is a string.
    pub(super) fn string(&mut self, name: &str) -> Result<Option<At<String>>, FileError> {
        let value = self.left.remove(name);
        let value = value.map(|value| self.as_string(name, "a string", value));
        value.transpose()
    }

    /// Takes a setting that is a list of strings. Defaults to an empty one.
    pub(super) fn strings(&mut self, name: &str) -> Result<Vec<At<String>>, FileError> {
        const EXPECTED: &str = "a list of strings";
        let Some(list) = self.left.remove(name) else {
            return Ok(Vec::new());
        };
        let line = self.line(&list);
        let DeValue::Array(list) = list.into_inner() else {
            return Err(wrong_type(line, name, EXPECTED));
        };
        let values = list.into_iter();
        let values = values.map(|value| self.as_string(name, EXPECTED, value));
        values.collect()
    }

    /// Refuses all settings but these. Call it first: what is misspelt would be missing elsewhere.
    pub(super) fn refuse_all_but(&self, known: &[&str]) -> Result<(), FileError> {
        let names = self.left.keys();
        let unknown = names.filter(|name| !known.contains(&name.get_ref().as_ref()));
        match unknown.min_by_key(|name| name.span().start) {
            Some(name) => Err(FileError::new(self.line(name), refusal(name.get_ref()))),
            None => Ok(()),
        }
    }

    fn as_string(
        &self,
        name: &str,
        expected: &str,
        value: Spanned<DeValue<'i>>,
    ) -> Result<At<String>, FileError> {
        let line = self.line(&value);
        match value.into_inner() {
            DeValue::String(value) => Ok(At {
                line,
                value: value.into_owned(),
            }),
            _ => Err(wrong_type(line, name, expected)),
        }
    }

    fn line<T>(&self, place: &Spanned<T>) -> usize {
        line(self.text, place.span().start)
    }
}

fn line(text: &str, start: usize) -> usize {
    let before = text.bytes().take(start);
    before.filter(|byte| *byte == b'\n').count() + 1
}

fn wrong_type(line: usize, name: &str, expected: &str) -> FileError {
    FileError::new(line, format!("`{name}` is not {expected}"))
}

fn refusal(name: &str) -> Cow<'static, str> {
    // Unless they are known.
    if API_SETTINGS.contains(&name) {
        return format!("{name} needs the feature `api` of cryptocloud-postback-projects").into();
    }
    // Whatever is there by mistake, the log gets a short line.
    let shown: String = name.chars().take(MOST_SHOWN).collect();
    let cut = if shown.len() < name.len() { "…" } else { "" };
    format!("unknown setting `{}{cut}`", shown.escape_debug()).into()
}

/// The settings of a project that need no feature.
pub(super) const SETTINGS: &[&str] = &[
    "allow_short_secrets",
    "also_accept",
    "also_accept_files",
    "require_live_payment",
    "secret",
    "secret_file",
];

/// The settings of a project that need the feature `api`.
pub(super) const API_SETTINGS: &[&str] = &["api_key", "api_key_file", "api_url", "shop_id"];

/// Longer than every setting that exists, with room for a mistake.
const MOST_SHOWN: usize = 32;

#[cfg(test)]
mod tests {
    use super::{SETTINGS, Settings, refusal};

    #[test]
    fn an_unknown_setting_is_named_in_a_short_line() {
        for (name, expected) in [
            ("secrets", "unknown setting `secrets`"),
            ("a\n\u{1b}", "unknown setting `a\\n\\u{1b}`"),
        ] {
            assert_eq!(refusal(name), expected);
        }
        let long = refusal(&"ü".repeat(33)).into_owned();
        assert_eq!(long, format!("unknown setting `{}…`", "ü".repeat(32)));
    }

    /// As in a build without it.
    #[test]
    fn what_needs_a_feature_says_so() {
        let settings = Settings::parse("secret = ''\napi_key = 'secret'").expect("TOML");
        let error = settings.refuse_all_but(SETTINGS).expect_err("an error");
        let text = "line 2: api_key needs the feature `api` of cryptocloud-postback-projects";
        assert_eq!(error.to_string(), text);
    }
}
