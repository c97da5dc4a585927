//! Writes to a terminal or a pipe, escapes what came from a sender, and hides passwords.

use std::{
    fmt::{self, Write as _},
    io::{self, Write},
};

use anstyle::{AnsiColor, Style};
use anyhow::Context;
use clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
use regex_lite::Regex;
use serde::Serialize;
use serde_json::{Value, json};
use textwrap::WordSplitter;

/// Prints a value for programs as one line of JSON, or as text for people.
pub(crate) fn print_result(
    json: bool,
    value: &impl Serialize,
    text: impl FnOnce() -> String,
) -> anyhow::Result<()> {
    if json {
        print(&json_line(&serde_json::to_string(value)?))
    } else {
        print(&text())
    }
}

/// Writes text, in colour only if standard output is a terminal that supports it.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    write(anstream::stdout().lock(), text.as_bytes())
}

/// Writes bytes unchanged.
pub(crate) fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    write(io::stdout().lock(), bytes)
}

fn write(mut out: impl Write, bytes: &[u8]) -> anyhow::Result<()> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // The reader has what it needs.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// Says why the program ends, also as one line of JSON if the output is for a program.
pub(crate) fn print_failure(json: bool, error: &str) {
    if json {
        // If standard output is closed, only the exit code remains.
        let _ = print_result(true, &json!({ "error": hide(error) }), String::new);
    }
    print_error(error);
}

/// Says on standard error, in one line, why the program ends or what it waits for.
pub(crate) fn print_error(error: impl fmt::Display) {
    let text = hide(&error.to_string());
    // If standard error is closed, only the exit code remains.
    let _ = writeln!(io::stderr(), "ccpostback: {}", Escaped(&text));
}

/// Says what is wrong with the arguments, as clap does.
pub(crate) fn print_misuse(json: bool, error: &clap::Error) {
    if json {
        let text = error.to_string();
        // The rest is about the usage.
        let problem = text.split("\n\n").next().unwrap_or_default();
        let words: Vec<&str> = problem.split_whitespace().skip(1).collect();
        print_failure(true, &words.join(" "));
    } else {
        let text = error.render().ansi().to_string();
        // It quotes a URL that stands in the wrong place, and help has only examples.
        let is_help = error.kind() == DisplayHelpOnMissingArgumentOrSubcommand;
        let text = if is_help { text } else { hide(&text) };
        // If standard error is closed, only the exit code remains.
        let _ = anstream::stderr().write_all(text.as_bytes());
    }
}

/// The text with `[redacted]` instead of user and password in each URL.
fn hide(text: &str) -> String {
    // A password may hold an @ that is not encoded.
    let patterns = [
        (r#"password=[^\s'"`]*"#, "password=[redacted]"),
        (r#"://[^\s'"`]*@"#, "://[redacted]@"),
    ];
    let mut text = text.to_owned();
    for (url, shown) in patterns {
        // Both patterns are constants, and the tests use them.
        let url = Regex::new(url).expect("a valid pattern");
        text = url.replace_all(&text, shown).into_owned();
    }
    text
}

/// Escapes in JSON whatever controls a terminal, and ends the line.
pub(crate) fn json_line(json: &str) -> String {
    let mut line = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        if is_plain(c) {
            line.push(c);
            continue;
        }
        // Only strings have such characters, and there an escape is equivalent.
        for unit in c.encode_utf16(&mut [0; 2]) {
            line += &format!("\\u{unit:04x}");
        }
    }
    line + "\n"
}

/// A string from a sender, displayed with everything that controls a terminal escaped.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| {
            // The backslash too, so that a sender cannot write what looks like an escape.
            if is_plain(c) && c != '\\' {
                f.write_char(c)
            } else {
                write!(f, "{}", c.escape_debug())
            }
        })
    }
}

/// Whether `escape_debug`, which escapes everything unprintable, leaves it unchanged.
pub(crate) fn is_plain(c: char) -> bool {
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

/// A line for each value below this one, with the path to it.
pub(crate) fn fields(path: &str, value: &Value) -> String {
    let shown = match value {
        Value::Array(values) => return values.iter().map(|value| fields(path, value)).collect(),
        Value::Object(named) => {
            let below = |(name, value): (&String, _)| fields(&format!("{path}.{name}"), value);
            return named.iter().map(below).collect();
        }
        Value::Null => "(none)".to_owned(),
        Value::String(text) => Escaped(text).to_string(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    let path = Escaped(path.trim_start_matches('.')).to_string();
    format!("  {path:<29} {shown}\n")
}

/// Breaks text between words, into lines of at most this width. An empty text has none.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width).word_splitter(WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(text, options).into_iter();
    lines
        .map(Into::into)
        .filter(|line: &String| !line.is_empty())
        .collect()
}

/// The exit code after Ctrl-C, as shells have it: 128 and the number of SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
