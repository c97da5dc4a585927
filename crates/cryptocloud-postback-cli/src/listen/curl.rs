use axum::http::{
    HeaderName, Method,
    header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT},
};

use crate::output::is_plain;

use super::request::StoredRequest;

/// A POSIX shell command that sends the same bytes to this origin again.
///
/// `None` if no command can do that exactly.
pub(super) fn line(origin: &str, request: &StoredRequest) -> Option<String> {
    if request.body_error.is_some() {
        return None;
    }
    let url = format!("{origin}{}", request.target);
    let mut words = vec!["curl -sS -i".to_owned()];
    if url.contains(['[', ']', '{', '}']) {
        words.push("--globoff".to_owned());
    }
    words.push(quote(&url)?);
    match request.method {
        Method::HEAD => words.push("--head".to_owned()),
        Method::POST if !request.body.is_empty() => {}
        ref method => words.push(format!("-X {}", quote(method.as_str())?)),
    }
    for (name, title) in HEADERS {
        let header = match request.headers.get(&name) {
            Some(value) if value.is_empty() => format!("{title};"),
            Some(value) => format!("{title}: {}", value.to_str().ok()?),
            // Without a value, curl sends none of its own.
            None if name == CONTENT_ENCODING => continue,
            None => format!("{title}:"),
        };
        words.push(format!("-H {}", quote(&header)?));
    }
    if request.body.is_empty() {
        return Some(words.join(" "));
    }
    // Not --data-binary, which reads a file if the body starts with @.
    match str::from_utf8(&request.body).ok().and_then(quote) {
        Some(body) => {
            words.push(format!("--data-raw {body}"));
            Some(words.join(" "))
        }
        None => {
            words.push("--data-binary @-".to_owned());
            Some(format!(
                "printf '{}' | {}",
                octal(&request.body),
                words.join(" ")
            ))
        }
    }
}

/// Quotes a shell word; `None` if it has a character that would control a terminal when pasted.
pub(super) fn quote(text: &str) -> Option<String> {
    text.chars()
        .all(|c| c == '\n' || is_plain(c))
        .then(|| format!("'{}'", text.replace('\'', r"'\''")))
}

/// A `printf` format, for single quotes, that writes these bytes.
fn octal(bytes: &[u8]) -> String {
    let one = |byte: &u8| match byte {
        b'%' => "%%".to_owned(),
        b'\\' => r"\\".to_owned(),
        b'\'' => r"'\''".to_owned(),
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\{byte:03o}"),
    };
    bytes.iter().map(one).collect()
}

const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_ENCODING, "Content-Encoding"),
    (CONTENT_TYPE, "Content-Type"),
    (USER_AGENT, "User-Agent"),
];

#[cfg(test)]
mod tests {
    use std::process::Command;

    use axum::{body::Body, extract::Request};

    use super::*;

    /// The arguments that a shell passes to curl, and curl's standard input.
    #[track_caller]
    fn run(line: &str) -> (Vec<String>, Vec<u8>) {
        let curl =
            r#"curl() { for word; do printf '%s\0' "$word"; done; case "$*" in *@-) cat;; esac; }"#;
        let output = Command::new("sh")
            .args(["-c", &format!("{curl}\n{line}")])
            .output()
            .expect("sh");
        assert_eq!(output.stderr, b"", "{line}");
        let mut words: Vec<&[u8]> = output.stdout.split(|byte| *byte == 0).collect();
        let rest = words.pop().unwrap_or_default().to_vec();
        let text = |word: &&[u8]| String::from_utf8_lossy(word).into_owned();
        (words.iter().map(text).collect(), rest)
    }

    async fn stored(request: axum::http::request::Builder, body: &[u8]) -> StoredRequest {
        let request: Request = request.body(Body::from(body.to_vec())).expect("a request");
        StoredRequest::read(request).await
    }

    #[tokio::test]
    async fn a_shell_passes_the_body_unchanged() {
        let body = "@it's \"a\" $HOME `id` \\n % ! ü\n{}";
        let request = Request::post("/postback?a=[1]&b=$(id)")
            .header(CONTENT_TYPE, "text/plain; x='y'")
            .header(USER_AGENT, "");
        let stored = stored(request, body.as_bytes()).await;
        let (words, _) = run(&line("http://127.0.0.1:1", &stored).expect("a line"));
        assert_eq!(
            words,
            [
                "-sS",
                "-i",
                "--globoff",
                "http://127.0.0.1:1/postback?a=[1]&b=$(id)",
                "-H",
                "Content-Type: text/plain; x='y'",
                "-H",
                "User-Agent;",
                "--data-raw",
                body,
            ]
        );
    }

    #[tokio::test]
    async fn unprintable_bytes_go_through_printf() {
        for body in [
            b"\xff%s\\101'\r\n".as_slice(),
            b"a\x1b[2J",
            "a\u{202e}b".as_bytes(),
        ] {
            let stored = stored(Request::post("/"), body).await;
            let line = line("http://127.0.0.1:1", &stored).expect("a line");
            assert!(
                line.bytes().all(|byte| matches!(byte, b' '..=b'~')),
                "{line}"
            );
            assert_eq!(run(&line).1, body, "{line}");
        }
    }

    #[tokio::test]
    async fn other_methods() {
        let put = stored(Request::put("/"), b"").await;
        let line_of = |request| line("http://h", request).expect("a line");
        assert_eq!(
            line_of(&put),
            "curl -sS -i 'http://h/' -X 'PUT' -H 'Content-Type:' -H 'User-Agent:'"
        );
        let head = stored(Request::head("/"), b"").await;
        assert!(line_of(&head).contains(" --head "));
        let truncated = stored(Request::post("/"), &[b'a'; 65_537]).await;
        assert_eq!(line("http://h", &truncated), None);
    }
}
