//! Hides the passwords of URLs in texts that quote an argument.

/// The text with `[redacted]` instead of user and password in each URL.
pub(crate) fn hide(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(AUTHORITY) {
        shown.push_str(before);
        shown.push_str(AUTHORITY);
        let is_end = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`');
        let (url, after) = after.split_at(after.find(is_end).unwrap_or(after.len()));
        // A password may hold an @ that is not encoded.
        let url = match url.rsplit_once('@') {
            Some((_, host)) => format!("{HIDDEN}@{host}"),
            None => url.to_owned(),
        };
        match url.split_once(PARAMETER) {
            Some((before, _)) => shown.extend([before, PARAMETER, HIDDEN]),
            None => shown.push_str(&url),
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
}

const AUTHORITY: &str = "://";
const HIDDEN: &str = "[redacted]";
const PARAMETER: &str = "password=";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(hide(text), expected);
        }
        check("no URL, a@b: c", "no URL, a@b: c");
        check(
            "http://127.0.0.1:1/: refused",
            "http://127.0.0.1:1/: refused",
        );
        check(
            "'postgres://u:p/a@ss@db/x' found, 'redis://:q@r/'",
            "'postgres://[redacted]@db/x' found, 'redis://[redacted]@r/'",
        );
        check(
            "postgres://db/x?password=secret&a=b c",
            "postgres://db/x?password=[redacted] c",
        );
    }
}
