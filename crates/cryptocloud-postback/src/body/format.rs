use std::fmt;

use crate::{Error, ErrorKind, error::Cause};

/// The two formats of a postback, chosen in the project's settings.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
// Closed by nature: the vendor's page has two.
pub enum Format {
    /// `application/x-www-form-urlencoded`
    Form,
    /// `application/json`
    Json,
}

impl Format {
    /// Finds the format from the value of `Content-Type`, and from the body's first byte where that
    /// header is missing or names neither format.
    ///
    /// A body that starts with `{` is JSON under the form's name as well: no form starts so, and
    /// JSON under a wrong name was reported from real senders.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MediaType`] for `multipart`, for a `charset` other than UTF-8, and for a body
    /// that starts like neither format.
    pub fn detect(content_type: Option<&[u8]>, body: &[u8]) -> Result<Self, Error> {
        let declared = content_type.map_or(Ok(None), declared)?;
        match (declared, first_byte(body)) {
            (Some(Self::Json), _) => Ok(Self::Json),
            (_, Some(b'{')) => Ok(Self::Json),
            (Some(Self::Form), _) => Ok(Self::Form),
            (None, Some(b'%' | b'_' | b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9')) => Ok(Self::Form),
            (None, _) => Err(refuse("body starts like neither JSON nor a form")),
        }
    }

    /// The `Content-Type` of this format.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "form",
            Self::Json => "json",
        })
    }
}

/// What a `Content-Type` (RFC 9110 section 8.3) says, or None where it names neither format.
fn declared(content_type: &[u8]) -> Result<Option<Format>, Error> {
    let mut parts = content_type
        .split(|byte| *byte == b';')
        .map(<[u8]>::trim_ascii);
    let essence = parts.next().unwrap_or_default();
    let mut charsets = parts.filter_map(charset);
    if !charsets.all(|charset| is_any(charset, &[b"utf-8", b"utf8"])) {
        return Err(refuse("charset is not UTF-8"));
    }
    let kind = essence
        .split(|byte| *byte == b'/')
        .next()
        .unwrap_or_default();
    if kind.eq_ignore_ascii_case(b"multipart") {
        return Err(refuse("body is multipart"));
    }
    Ok(if is_any(essence, &[b"application/json", b"text/json"]) {
        Some(Format::Json)
    } else if essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
        Some(Format::Form)
    } else {
        None
    })
}

/// The value of a parameter that is named `charset`, without quotation marks.
fn charset(parameter: &[u8]) -> Option<&[u8]> {
    let equals = parameter.iter().position(|byte| *byte == b'=')?;
    let (name, value) = parameter.split_at_checked(equals)?;
    let value = value.strip_prefix(b"=")?.trim_ascii();
    let unquoted = value
        .strip_prefix(b"\"")
        .and_then(|value| value.strip_suffix(b"\""));
    name.trim_ascii()
        .eq_ignore_ascii_case(b"charset")
        .then_some(unquoted.unwrap_or(value))
}

fn is_any(text: &[u8], names: &[&[u8]]) -> bool {
    names.iter().any(|name| text.eq_ignore_ascii_case(name))
}

/// The first byte that is not JSON's white space.
fn first_byte(body: &[u8]) -> Option<u8> {
    body.iter()
        .copied()
        .find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

fn refuse(problem: &'static str) -> Error {
    Error::new(ErrorKind::MediaType, Cause::Problem(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content_type: &str, body: &str, expected: Option<Format>) {
        let actual = Format::detect(Some(content_type.as_bytes()), body.as_bytes());
        assert_eq!(actual.ok(), expected, "{content_type:?} {body:?}");
    }

    #[test]
    fn by_content_type() {
        check("application/json", "{}", Some(Format::Json));
        check("application/json", "status=success", Some(Format::Json));
        check("application/json", "", Some(Format::Json));
        check(
            "Application/JSON; Charset=\"UTF-8\"",
            "{}",
            Some(Format::Json),
        );
        check("text/json;charset=utf8;x=y", "{}", Some(Format::Json));
        check(
            "application/x-www-form-urlencoded",
            "a=b",
            Some(Format::Form),
        );
        check(
            "application/x-www-form-urlencoded; charset=utf-8",
            "",
            Some(Format::Form),
        );
        check(
            "application/x-www-form-urlencoded",
            "[]",
            Some(Format::Form),
        );
    }

    #[test]
    fn by_first_byte() {
        check("text/plain", " \r\n\t{", Some(Format::Json));
        check("", "{", Some(Format::Json));
        check(
            "application/x-www-form-urlencodedX",
            "{",
            Some(Format::Json),
        );
        check(
            "application/x-www-form-urlencodedX",
            "a=b",
            Some(Format::Form),
        );
        check(
            "application/x-www-form-urlencoded",
            " {",
            Some(Format::Json),
        );
        check("text/plain", "%73tatus=success", Some(Format::Form));
        check("text/plain", "<xml/>", None);
        check("text/plain", "\u{feff}{}", None);
        check("text/plain", "", None);
        assert_eq!(Format::detect(None, b"{").ok(), Some(Format::Json));
        assert_eq!(Format::detect(None, b"a=b").ok(), Some(Format::Form));
        assert_eq!(
            Format::detect(Some(b"\xff\xfe"), b"{").ok(),
            Some(Format::Json)
        );
    }

    #[test]
    fn refused_whatever_the_body_is() {
        check("multipart/form-data; boundary=x", "{}", None);
        check("MULTIPART/mixed", "a=b", None);
        check("application/json; charset=utf-16", "{}", None);
        check(
            "application/json; charset=utf-8; charset=latin1",
            "{}",
            None,
        );
        check(
            "application/x-www-form-urlencoded; charset=windows-1252",
            "a=b",
            None,
        );
        check("text/plain; charset=\"iso-8859-1\"", "{}", None);
    }
}
