//! Attacks by the request around a genuine postback.

use std::io::Write;

use bytes::Bytes;
use cryptocloud_postback::{ErrorKind, MAX_BODY_BYTES};
use flate2::{Compression, write::GzEncoder};
use reqwest::Method;

use super::{
    attack::{Attack, Right},
    forger::{Forger, json},
};
use crate::client::{Body, Request};

pub(super) const REQUEST: &[Attack] = &[
    Attack {
        name: "charset-utf-16",
        what: "JSON in UTF-16, as its Content-Type says",
        right: Right::Refuse(ErrorKind::MediaType),
        forge: |forger| {
            let body = forger.postback().json().body();
            let units = String::from_utf8_lossy(&body)
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<_>>();
            Request::post("application/json; charset=utf-16", units)
        },
    },
    Attack {
        name: "multipart",
        what: "a genuine token in multipart/form-data",
        right: Right::Refuse(ErrorKind::MediaType),
        forge: multipart,
    },
    Attack {
        name: "gzip",
        what: "a genuine postback that is compressed, as a bomb would be",
        right: Right::Refuse(ErrorKind::ContentEncoding),
        forge: |forger| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            // Writing to memory never fails.
            let _ = encoder.write_all(&forger.postback().json().body());
            Request {
                content_encoding: Some("gzip"),
                ..Request::post("application/json", encoder.finish().unwrap_or_default())
            }
        },
    },
    Attack {
        name: "large",
        what: "a genuine postback with white space up to 64 KiB and one byte",
        right: Right::Refuse(ErrorKind::BodyTooLarge),
        forge: |forger| {
            let mut body = forger.postback().json().body().to_vec();
            body.resize(MAX_BODY_BYTES + 1, b' ');
            Request::post("application/json", body)
        },
    },
    Attack {
        name: "large-chunked",
        what: "a genuine postback with 10 MB of white space, and no length in front",
        right: Right::Refuse(ErrorKind::BodyTooLarge),
        forge: |forger| {
            let first = forger.postback().json().body();
            let space = Bytes::from(vec![b' '; 16_000]);
            Request {
                body: Body::Chunked(first, space, 625),
                ..Request::post("application/json", Bytes::new())
            }
        },
    },
    Attack {
        name: "get",
        what: "a genuine postback as a GET",
        right: Right::Refuse(ErrorKind::MethodNotAllowed),
        forge: |forger| Request {
            method: Method::GET,
            ..json(&forger.postback())
        },
    },
    Attack {
        name: "put",
        what: "a genuine postback as a PUT",
        right: Right::Refuse(ErrorKind::MethodNotAllowed),
        forge: |forger| Request {
            method: Method::PUT,
            ..json(&forger.postback())
        },
    },
];

fn multipart(forger: &Forger) -> Request {
    let fields = [
        ("status", "success"),
        ("invoice_id", &forger.invoice_id),
        ("amount_crypto", "0.000113"),
        ("currency", "BNB"),
        ("order_id", "ORDER_93223"),
        ("token", &forger.token()),
    ];
    let parts = fields.map(|(name, value)| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    });
    let body = format!("{}--x--\r\n", parts.concat());
    Request::post("multipart/form-data; boundary=x", body)
}
