//! The token: a compact JWS (RFC 7515 section 7.1), accepted in one spelling only.

use std::str;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    Error, ErrorKind,
    body::{
        depth,
        json::{self, Raw},
        value::{Problem, Value},
    },
};

/// A token whose segments and header are valid; nothing is proven yet.
pub(crate) struct Token<'a> {
    /// The claims, still encoded: they are read only after the MAC was verified.
    pub(crate) claims: &'a str,
    pub(crate) mac: Vec<u8>,
    /// What the MAC signs: header and claims, still encoded.
    pub(crate) signing_input: &'a str,
}

impl<'a> Token<'a> {
    pub(crate) fn read(value: &'a Value<'a>) -> Result<Self, Error> {
        let text = match value {
            // The vendor's samples trim it too.
            Value::String(text) => text.trim_ascii(),
            // They also accept a token that is missing, null or blank, which is a full bypass.
            Value::Missing | Value::Null => "",
            _ => return Err(refuse(ErrorKind::TokenMissing, "is not a string")),
        };
        if text.is_empty() {
            return Err(refuse(ErrorKind::TokenMissing, "is missing or blank"));
        }
        if text.len() > MAX_BYTES {
            return Err(refuse(ErrorKind::TokenMalformed, "is too long"));
        }
        let (signing_input, header, claims, mac) = segments(text)
            .ok_or_else(|| refuse(ErrorKind::TokenMalformed, "is not three segments"))?;
        check_header(header)?;
        Ok(Self {
            claims,
            mac: decode_mac(mac)?,
            signing_input,
        })
    }
}

/// The signing input, and the three segments.
fn segments(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (signing_input, mac) = text.rsplit_once('.')?;
    let (header, claims) = signing_input.split_once('.')?;
    let is_compact =
        !claims.contains('.') && !header.is_empty() && !claims.is_empty() && !mac.is_empty();
    is_compact.then_some((signing_input, header, claims, mac))
}

/// The algorithm is checked before the MAC (RFC 8725 section 3.1), and nothing in a header is ever
/// used as a key or a URL.
fn check_header(segment: &str) -> Result<(), Error> {
    if USUAL_HEADERS.contains(&segment) {
        return Ok(());
    }
    let mut buffer = [0; MAX_BYTES];
    let [alg, typ, unsupported @ ..] =
        read_segment(segment, &mut buffer, &HEADER_NAMES, ErrorKind::TokenHeader)?;
    if !matches!(alg, Value::String(alg) if alg == ALGORITHM) {
        return Err(refuse(
            ErrorKind::TokenAlgorithm,
            "has an alg that is not HS256",
        ));
    }
    let is_jwt = match typ {
        Value::Missing => true,
        Value::String(typ) => typ.eq_ignore_ascii_case("JWT"),
        _ => false,
    };
    if !is_jwt {
        return Err(refuse(ErrorKind::TokenHeader, "has a typ that is not JWT"));
    }
    // `crit` and `b64` change what is signed (RFC 7515 section 4.1.11, RFC 7797 section 3); the
    // others hold or point to a key.
    if unsupported.iter().any(|value| *value != Value::Missing) {
        return Err(refuse(ErrorKind::TokenHeader, "has an unsupported header"));
    }
    Ok(())
}

/// Reads fields of the JSON object that a segment encodes, or returns an error of this kind.
pub(crate) fn read_segment<'a, const N: usize>(
    segment: &str,
    buffer: &'a mut [u8; MAX_BYTES],
    names: &'static [&'static str; N],
    kind: ErrorKind,
) -> Result<[Value<'a>; N], Error> {
    let text =
        str::from_utf8(decode(segment, buffer)?).map_err(|_| refuse(kind, "is not UTF-8"))?;
    let refuse = |cause| Error::new(kind, cause);
    depth::check(text).map_err(refuse)?;
    let mut fields = [Raw::Missing; N];
    json::read_unique(text, names, &mut fields).map_err(refuse)?;
    let mut values = [const { Value::Missing }; N];
    for ((value, raw), name) in values.iter_mut().zip(fields).zip(names) {
        *value = Value::from_json(name, raw).map_err(|problem| match problem {
            Problem::Duplicate(cause) | Problem::Syntax(cause) => refuse(cause),
        })?;
    }
    Ok(values)
}

fn decode_mac(segment: &str) -> Result<Vec<u8>, Error> {
    // With room for a MAC of another length, which is refused later.
    let mut buffer = [0; 64];
    let mac = decode(segment, &mut buffer)?;
    Ok(mac.to_vec())
}

/// Without padding and with all trailing bits zero, so that one token has one text (RFC 4648
/// section 3.5).
fn decode<'a>(segment: &str, buffer: &'a mut [u8]) -> Result<&'a [u8], Error> {
    URL_SAFE_NO_PAD
        .decode_slice(segment, buffer)
        .ok()
        .and_then(|length| buffer.get(..length))
        .ok_or_else(|| refuse(ErrorKind::TokenMalformed, "is not canonical base64url"))
}

fn refuse(kind: ErrorKind, problem: &'static str) -> Error {
    Error::field(kind, "token", problem)
}

/// The vendor's tokens have about 120 bytes.
pub(crate) const MAX_BYTES: usize = 2_048;

const ALGORITHM: &str = "HS256";
const HEADER_NAMES: [&str; 8] = ["alg", "typ", "b64", "crit", "jku", "jwk", "x5c", "x5u"];

/// `{"typ":"JWT","alg":"HS256"}` and `{"alg":"HS256","typ":"JWT"}`: what nearly every signer writes.
const USUAL_HEADERS: [&str; 2] = [
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_headers_are_what_they_are_called() -> Result<(), base64::DecodeError> {
        let decoded = USUAL_HEADERS.map(|header| URL_SAFE_NO_PAD.decode(header));
        let [typ_first, alg_first] = decoded;
        assert_eq!(typ_first?, br#"{"typ":"JWT","alg":"HS256"}"#);
        assert_eq!(alg_first?, br#"{"alg":"HS256","typ":"JWT"}"#);
        Ok(())
    }
}
