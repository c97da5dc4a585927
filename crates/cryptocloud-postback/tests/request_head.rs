//! What the method and the headers refuse, and what `Content-Type` and the first byte decide.

use cryptocloud_postback::{ErrorKind, Format, RequestHead};

#[track_caller]
fn check_head(method: &str, headers: &[(&str, &str)], expected: Option<ErrorKind>) {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()));
    let refused = RequestHead::check(method, headers).err();
    assert_eq!(refused.map(|error| error.kind()), expected);
}

#[test]
fn method_coding_and_length() {
    check_head("POST", &[], None);
    let identity = ("content-encoding", "identity");
    check_head("POST", &[identity, ("content-length", "65536")], None);
    let (empty, twice) = (
        ("Content-Encoding", ""),
        ("Content-Encoding", "Identity, identity"),
    );
    check_head("POST", &[empty, twice, ("Content-Length", "x")], None);
    for method in ["GET", "HEAD", "PUT", "post", "OPTIONS", ""] {
        check_head(method, &[], Some(ErrorKind::MethodNotAllowed));
    }
    let refused = Some(ErrorKind::ContentEncoding);
    for coding in ["gzip", "br", "zstd", "identity, gzip", "x"] {
        check_head("POST", &[("CONTENT-ENCODING", coding)], refused);
        check_head("POST", &[identity, ("content-encoding", coding)], refused);
    }
    let (large, gzip) = (("content-length", "65537"), ("content-encoding", "gzip"));
    check_head("POST", &[large, gzip], refused);
    check_head("POST", &[gzip, large], refused);
    for length in ["65537", "18446744073709551615"] {
        check_head(
            "POST",
            &[("content-length", length)],
            Some(ErrorKind::BodyTooLarge),
        );
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

#[track_caller]
fn check_format(content_type: impl AsRef<[u8]>, body: &str, expected: Option<Format>) {
    let content_type = content_type.as_ref();
    let actual = Format::detect(Some(content_type), body.as_bytes());
    assert_eq!(actual.ok(), expected, "{content_type:?} {body:?}");
}

#[test]
fn format_by_content_type() {
    let json = Some(Format::Json);
    for body in ["{}", "status=success", ""] {
        check_format(JSON, body, json);
    }
    check_format("Application/JSON; Charset=\"UTF-8\"", "{}", json);
    check_format("text/json;charset=utf8;x=y", "{}", json);
    let form = Some(Format::Form);
    check_format(FORM, "a=b", form);
    check_format(FORM, "[]", form);
    check_format(format!("{FORM}; charset=utf-8"), "", form);
}

#[test]
fn format_by_first_byte() {
    let (form, json) = (Some(Format::Form), Some(Format::Json));
    check_format("text/plain", " \r\n\t{", json);
    check_format("", "{", json);
    check_format(FORM, " {", json);
    check_format(format!("{FORM}X"), "{", json);
    check_format(b"\xff\xfe", "{", json);
    check_format(format!("{FORM}X"), "a=b", form);
    check_format("text/plain", "%73tatus=success", form);
    for neither in ["<xml/>", "\u{feff}{}", ""] {
        check_format("text/plain", neither, None);
    }
    assert_eq!(Format::detect(None, b"{").ok(), json);
    assert_eq!(Format::detect(None, b"a=b").ok(), form);
}

#[test]
fn multipart_and_other_charsets_are_refused_with_any_body() {
    for content_type in [
        "multipart/form-data; boundary=x",
        "MULTIPART/mixed",
        "application/json; charset=utf-16",
        "application/json; charset=utf-8; charset=latin1",
        "application/x-www-form-urlencoded; charset=windows-1252",
        "text/plain; charset=\"iso-8859-1\"",
    ] {
        for body in ["{}", "a=b"] {
            check_format(content_type, body, None);
        }
    }
}
