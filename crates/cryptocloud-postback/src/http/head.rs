use crate::{Error, ErrorKind, MAX_BODY_BYTES};

/// Judges a request by its head, for an adapter to call before it reads the body.
///
/// `content_encoding` holds the values of all `Content-Encoding` headers.
///
/// # Errors
///
/// [`ErrorKind::MethodNotAllowed`], [`ErrorKind::ContentEncoding`] for all but `identity`, so that a
/// compressed body is never inflated, and [`ErrorKind::BodyTooLarge`] where `content_length`
/// announces more than [`MAX_BODY_BYTES`].
pub fn check_request<'a>(
    method: &str,
    content_encoding: impl IntoIterator<Item = &'a [u8]>,
    content_length: Option<&[u8]>,
) -> Result<(), Error> {
    if method != "POST" {
        return Err(ErrorKind::MethodNotAllowed.into());
    }
    let mut codings = content_encoding
        .into_iter()
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii);
    if !codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")) {
        return Err(ErrorKind::ContentEncoding.into());
    }
    if content_length.is_some_and(|length| announces_more_than(length, MAX_BODY_BYTES)) {
        return Err(ErrorKind::BodyTooLarge.into());
    }
    Ok(())
}

/// A length that is no number is for the HTTP server to refuse; the body is counted anyway.
fn announces_more_than(content_length: &[u8], limit: usize) -> bool {
    str::from_utf8(content_length)
        .ok()
        .and_then(|length| length.trim().parse::<u64>().ok())
        .is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(
        method: &str,
        encodings: &[&str],
        length: Option<&str>,
        expected: Result<(), ErrorKind>,
    ) {
        let encodings = encodings.iter().map(|value| value.as_bytes());
        let actual = check_request(method, encodings, length.map(str::as_bytes));
        assert_eq!(actual.map_err(|error| error.kind()), expected);
    }

    #[test]
    fn head() {
        check("POST", &[], None, Ok(()));
        check("POST", &["identity"], Some("65536"), Ok(()));
        check("POST", &["", "Identity, identity"], Some("x"), Ok(()));
        for method in ["GET", "HEAD", "PUT", "post", "OPTIONS", ""] {
            check(method, &[], None, Err(ErrorKind::MethodNotAllowed));
        }
        for encoding in ["gzip", "br", "zstd", "identity, gzip", "x"] {
            check("POST", &[encoding], None, Err(ErrorKind::ContentEncoding));
            check(
                "POST",
                &["identity", encoding],
                None,
                Err(ErrorKind::ContentEncoding),
            );
        }
        check("POST", &[], Some("65537"), Err(ErrorKind::BodyTooLarge));
        check(
            "POST",
            &[],
            Some("18446744073709551615"),
            Err(ErrorKind::BodyTooLarge),
        );
    }
}
