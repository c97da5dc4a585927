//! Writes to a terminal or a pipe, and escapes what came from a sender.

use std::{
    fmt::{self, Write as _},
    io::{self, Write},
};

use anstream::{AutoStream, ColorChoice, adapter::strip_str};
use anstyle::{AnsiColor, Style};
use anyhow::Context;
use serde::Serialize;

use crate::password;

/// Prints a value for programs as one line of JSON, or as text for people.
pub(crate) fn print_result(
    json: bool,
    value: &impl Serialize,
    text: impl FnOnce() -> String,
) -> anyhow::Result<()> {
    if json {
        print(&self::json(value)?)
    } else {
        print(&text())
    }
}

/// Writes text at once, in colour only if standard output is a terminal that supports it.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    if AutoStream::choice(&io::stdout()) == ColorChoice::Never {
        print_bytes(strip_str(text).to_string().as_bytes())
    } else {
        finish(anstream::stdout().write_all(text.as_bytes()))
    }
}

/// Writes bytes unchanged.
pub(crate) fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    finish(out.write_all(bytes).and_then(|()| out.flush()))
}

/// Says why the program ends, also as one line of JSON if the output is for a program.
pub(crate) fn print_failure(json: bool, error: &str) {
    if json {
        let object = serde_json::json!({ "error": password::hide(error) });
        // If standard output is closed, only the exit code remains.
        let _ = self::json(&object).and_then(|line| print(&line));
    }
    print_error(error);
}

/// Says on standard error, in one line, why the program ends. If that is closed, only the exit code
/// remains.
pub(crate) fn print_error(error: impl fmt::Display) {
    let text = password::hide(&error.to_string());
    let _ = writeln!(io::stderr(), "ccpostback: {}", Escaped(&text));
}

/// A reader that closed the pipe is not an error.
fn finish(result: io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// A line of JSON without any character that controls a terminal.
fn json(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(json_line(&serde_json::to_string(value)?))
}

/// Escapes in JSON whatever controls a terminal, and ends the line.
pub(crate) fn json_line(json: &str) -> String {
    let mut line = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        // Outside of strings JSON is printable, and inside of them an escape is equivalent.
        if is_plain(c) {
            line.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` never fails.
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
    }
    line.push('\n');
    line
}

/// A string from a sender, displayed with everything that controls a terminal escaped.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            // The backslash too, so that a sender cannot write what looks like an escape.
            if is_plain(c) && c != '\\' {
                f.write_char(c)?;
            } else {
                c.escape_debug().try_for_each(|c| f.write_char(c))?;
            }
        }
        Ok(())
    }
}

/// Breaks text between words, into lines of at most this width.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_ascii_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Whether `escape_debug`, which escapes everything unprintable, leaves it unchanged.
pub(crate) fn is_plain(c: char) -> bool {
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_controls_are_escaped() {
        let hostile = "a\u{1b}[2J\r\n\u{9b}\u{202e}\\\"ü€\u{7f}";
        let escaped = Escaped(hostile).to_string();
        assert_eq!(escaped, r#"a\u{1b}[2J\r\n\u{9b}\u{202e}\\"ü€\u{7f}"#);
    }

    #[test]
    fn json_is_printable_and_keeps_its_value() -> anyhow::Result<()> {
        let hostile = "\u{1b}\u{7f}\u{9b}\u{202e}\u{e0001}\\\"ü€\n";
        let line = json(&hostile)?;
        assert!(line.trim_end().chars().all(is_plain), "{line:?}");
        assert_eq!(serde_json::from_str::<String>(&line)?, hostile);
        Ok(())
    }
}
