//! Attacks with the request around a genuine postback.

use std::io::Write;

use bytes::Bytes;
use cryptocloud_postback::{ErrorKind, MAX_BODY_BYTES};
use flate2::{Compression, write::GzEncoder};
use reqwest::Method;

use super::{
    attack::{Attack, Expected},
    forger::{Forger, json},
};
use crate::client::{Body, Request};

pub(super) const REQUEST: &[Attack] = &[
    Attack {
        name: "charset-utf-16",
        description: "JSON in UTF-16, as declared",
        expected: Expected::Refuse(ErrorKind::MediaType),
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
        description: "genuine token in multipart/form-data",
        expected: Expected::Refuse(ErrorKind::MediaType),
        forge: multipart,
    },
    Attack {
        name: "gzip",
        description: "genuine postback, compressed with gzip",
        expected: Expected::Refuse(ErrorKind::ContentEncoding),
        forge: |forger| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            // Writing to a `Vec` never fails.
            let _ = encoder.write_all(&forger.postback().json().body());
            Request {
                content_encoding: Some("gzip"),
                ..Request::post("application/json", encoder.finish().unwrap_or_default())
            }
        },
    },
    Attack {
        name: "large",
        description: "genuine postback padded to over 64 KiB",
        expected: Expected::Refuse(ErrorKind::BodyTooLarge),
        forge: |forger| {
            let mut body = forger.postback().json().body().to_vec();
            body.resize(MAX_BODY_BYTES + 1, b' ');
            Request::post("application/json", body)
        },
    },
    Attack {
        name: "large-chunked",
        description: "genuine postback padded to 10 MB, chunked",
        expected: Expected::Refuse(ErrorKind::BodyTooLarge),
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
        description: "genuine postback sent with GET",
        expected: Expected::Refuse(ErrorKind::MethodNotAllowed),
        forge: |forger| Request {
            method: Method::GET,
            ..json(&forger.postback())
        },
    },
    Attack {
        name: "put",
        description: "genuine postback sent with PUT",
        expected: Expected::Refuse(ErrorKind::MethodNotAllowed),
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
