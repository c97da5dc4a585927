//! The format of a body (RFC 9110 section 8.3).

use crate::{Error, ErrorKind, Format, error::Cause};

impl Format {
    /// Detects the format from the value of `Content-Type`, or from the first byte of the body if
    /// that header is missing or names neither format.
    ///
    /// A body that starts with `{` is JSON even if it is declared as a form: no form starts like that,
    /// and real senders were reported to declare JSON as a form.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::MediaType`] if the body is `multipart`, if its `charset` is not UTF-8, or
    /// if it starts like neither format.
    pub fn detect(content_type: Option<&[u8]>, body: &[u8]) -> Result<Self, Error> {
        MediaType::parse(content_type).format(body)
    }
}

/// What a `Content-Type` declares.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MediaType {
    ForeignCharset,
    Form,
    Json,
    Multipart,
    /// Missing, or neither format.
    Unknown,
}

impl MediaType {
    pub(crate) fn parse(content_type: Option<&[u8]>) -> Self {
        let mut parts = content_type
            .unwrap_or_default()
            .split(|byte| *byte == b';')
            .map(<[u8]>::trim_ascii);
        let essence = parts.next().unwrap_or_default();
        let mut charsets = parts.filter_map(charset);
        if !charsets.all(|charset| is_any(charset, &[b"utf-8", b"utf8"])) {
            return Self::ForeignCharset;
        }
        let kind = essence
            .split(|byte| *byte == b'/')
            .next()
            .unwrap_or_default();
        if kind.eq_ignore_ascii_case(b"multipart") {
            Self::Multipart
        } else if is_any(essence, &[b"application/json", b"text/json"]) {
            Self::Json
        } else if essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            Self::Form
        } else {
            Self::Unknown
        }
    }

    pub(crate) fn format(self, body: &[u8]) -> Result<Format, Error> {
        let problem = match (self, first_byte(body)) {
            (Self::ForeignCharset, _) => "charset is not UTF-8",
            (Self::Multipart, _) => "body is multipart",
            (Self::Json, _) | (_, Some(b'{')) => return Ok(Format::Json),
            (Self::Form, _) | (_, Some(b'%' | b'_' | b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9')) => {
                return Ok(Format::Form);
            }
            (Self::Unknown, _) => "body starts like neither JSON nor a form",
        };
        Err(Error::new(ErrorKind::MediaType, Cause::Problem(problem)))
    }
}

/// The value of a `charset` parameter, without quotation marks.
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

/// The first byte that is not white space in JSON.
fn first_byte(body: &[u8]) -> Option<u8> {
    body.iter()
        .copied()
        .find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}
