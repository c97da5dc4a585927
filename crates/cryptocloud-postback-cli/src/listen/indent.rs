use serde::de::IgnoredAny;

/// Indents a JSON object or array, and keeps numbers, duplicate names and escapes as they were sent.
///
/// `None` if it is neither, or nested so deeply that the indentation would outgrow it.
pub(super) fn indented(json: &[u8]) -> Option<String> {
    let text = str::from_utf8(json).ok()?.trim_ascii();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str::<IgnoredAny>(text).ok()?;

    let mut indented = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut is_escaped = false;
    // Whether a bracket was just opened, so that an empty pair stays on one line.
    let mut is_open = false;
    for c in text.chars() {
        if in_string {
            in_string = c != '"' || is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            indented.push(c);
            continue;
        }
        if c.is_ascii_whitespace() {
            continue;
        }
        match c {
            '}' | ']' => {
                // The text is valid JSON, so its brackets are balanced.
                depth = depth.saturating_sub(1);
                if !is_open {
                    new_line(&mut indented, depth);
                }
            }
            _ if is_open => new_line(&mut indented, depth),
            _ => {}
        }
        indented.push(c);
        is_open = matches!(c, '{' | '[');
        match c {
            '{' | '[' => depth += 1,
            ',' => new_line(&mut indented, depth),
            ':' => indented.push(' '),
            '"' => in_string = true,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return None;
        }
    }
    Some(indented)
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

/// The limit of the core.
const MAX_DEPTH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Option<&str>) {
        assert_eq!(indented(json.as_bytes()).as_deref(), expected, "{json}");
    }

    #[test]
    fn layout() {
        check("{}", Some("{}"));
        check(" [ ] ", Some("[]"));
        check(
            r#"{"a":1e-05,"a":[{},"\"{,\\"],"b":{"c":null}}"#,
            Some(
                r#"{
  "a": 1e-05,
  "a": [
    {},
    "\"{,\\"
  ],
  "b": {
    "c": null
  }
}"#,
            ),
        );
    }

    #[test]
    fn only_objects_and_arrays_are_indented() {
        check("", None);
        check("1", None);
        check("{", None);
        check("{} {}", None);
        check("status=success", None);
        assert_eq!(indented(b"{\"a\":\"\xff\"}"), None);
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(indented(nested(32).as_bytes()).is_some());
        assert!(indented(nested(33).as_bytes()).is_none());
        assert!(indented(nested(30_000).as_bytes()).is_none());
    }
}
