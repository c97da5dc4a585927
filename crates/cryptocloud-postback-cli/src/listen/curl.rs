use axum::http::{
    HeaderName, Method,
    header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT},
};

use super::arrival::Arrival;

/// A command for a POSIX shell that sends the same bytes to this origin again.
///
/// None where that cannot be done exactly.
pub(super) fn line(origin: &str, arrival: &Arrival) -> Option<String> {
    if arrival.fault.is_some() {
        return None;
    }
    let url = format!("{origin}{}", arrival.target);
    let mut words = vec!["curl -sS -i".to_owned()];
    if url.contains(['[', ']', '{', '}']) {
        words.push("--globoff".to_owned());
    }
    words.push(quote(&url)?);
    match arrival.method {
        Method::HEAD => words.push("--head".to_owned()),
        Method::POST if !arrival.body.is_empty() => {}
        ref method => words.push(format!("-X {}", quote(method.as_str())?)),
    }
    for (name, title) in HEADERS {
        let header = match arrival.headers.get(&name) {
            Some(value) if value.is_empty() => format!("{title};"),
            Some(value) => format!("{title}: {}", value.to_str().ok()?),
            // curl would send its own.
            None if name == CONTENT_ENCODING => continue,
            None => format!("{title}:"),
        };
        words.push(format!("-H {}", quote(&header)?));
    }
    if arrival.body.is_empty() {
        return Some(words.join(" "));
    }
    // Not --data-binary, for which a first @ means a file.
    match str::from_utf8(&arrival.body).ok().and_then(quote) {
        Some(body) => {
            words.push(format!("--data-raw {body}"));
            Some(words.join(" "))
        }
        None => {
            words.push("--data-binary @-".to_owned());
            Some(format!(
                "printf '{}' | {}",
                octal(&arrival.body),
                words.join(" ")
            ))
        }
    }
}

/// A word of a shell; None for what a terminal would act upon when it is pasted.
fn quote(text: &str) -> Option<String> {
    let is_plain = |c: char| matches!(c, '"' | '\'' | '\\' | '\n') || c.escape_debug().len() == 1;
    text.chars()
        .all(is_plain)
        .then(|| format!("'{}'", text.replace('\'', r"'\''")))
}

/// The format of a `printf` that writes these bytes, to stand in single quotes.
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
