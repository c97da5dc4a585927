//! Attacks with the body around a genuine token.

use bytes::Bytes;
use cryptocloud_postback::ErrorKind;

use super::{
    attack::{Attack, Expected},
    forger::{form, json, quote},
};
use crate::{
    client::{Body, Request},
    draft::new_invoice_id,
};

pub(super) const BODY: &[Attack] = &[
    Attack {
        name: "changed-amount",
        description: "genuine token, a million times the amount",
        expected: Expected::Review,
        forge: |forger| forger.request(&forger.postback().amount("1000000")),
    },
    Attack {
        name: "status-canceled",
        description: "status is canceled",
        expected: Expected::Refuse(ErrorKind::StatusRefused),
        forge: |forger| forger.request(&forger.postback().status("canceled")),
    },
    Attack {
        name: "status-created",
        description: "status is created, so nothing was paid",
        expected: Expected::Refuse(ErrorKind::StatusRefused),
        forge: |forger| forger.request(&forger.postback().status("created")),
    },
    Attack {
        name: "no-invoice",
        description: "no invoice_id",
        expected: Expected::Refuse(ErrorKind::MissingId),
        forge: |forger| forger.request(&forger.postback().remove("invoice_id")),
    },
    Attack {
        name: "no-status",
        description: "no status",
        expected: Expected::Refuse(ErrorKind::MissingField),
        forge: |forger| forger.request(&forger.postback().remove("status")),
    },
    Attack {
        name: "duplicate-json",
        description: "JSON with two values of invoice_id",
        expected: Expected::Refuse(ErrorKind::DuplicateField),
        forge: |forger| {
            let other = quote(&new_invoice_id());
            json(&forger.postback().duplicate("invoice_id", other))
        },
    },
    Attack {
        name: "duplicate-form",
        description: "form with two values of order_id",
        expected: Expected::Refuse(ErrorKind::DuplicateField),
        forge: |forger| form(&forger.postback().duplicate("order_id", quote("ORDER_1"))),
    },
    Attack {
        name: "amount-negative",
        description: "amount is -1",
        expected: Expected::Refuse(ErrorKind::InvalidField),
        forge: |forger| forger.request(&forger.postback().field("amount_crypto", "-1")),
    },
    Attack {
        name: "amount-underscore",
        description: "amount is 1_000, which some languages read",
        expected: Expected::Refuse(ErrorKind::InvalidField),
        forge: |forger| forger.request(&forger.postback().field("amount_crypto", quote("1_000"))),
    },
    Attack {
        name: "amount-nan",
        description: "amount is NaN, which Python reads",
        expected: Expected::Refuse(ErrorKind::InvalidJson),
        forge: |forger| json(&forger.postback().field("amount_crypto", "NaN")),
    },
    Attack {
        name: "amount-huge",
        description: "amount is 1e400",
        expected: Expected::Refuse(ErrorKind::InvalidField),
        forge: |forger| forger.request(&forger.postback().field("amount_crypto", "1e400")),
    },
    Attack {
        name: "order-nul",
        description: "order_id with a NUL character",
        expected: Expected::Refuse(ErrorKind::InvalidField),
        forge: |forger| forger.request(&forger.postback().order_id("ORDER\u{0}")),
    },
    Attack {
        name: "order-long",
        description: "order_id of 1,025 bytes",
        expected: Expected::Refuse(ErrorKind::InvalidField),
        forge: |forger| forger.request(&forger.postback().order_id(&"1".repeat(1_025))),
    },
    Attack {
        name: "order-long-number",
        description: "order_id is a number of 1,025 digits",
        expected: Expected::Refuse(ErrorKind::InvalidField),
        forge: |forger| forger.request(&forger.postback().field("order_id", "1".repeat(1_025))),
    },
    Attack {
        name: "utf8-invalid-json",
        description: "JSON that is not UTF-8",
        expected: Expected::Refuse(ErrorKind::InvalidJson),
        forge: |forger| replaced(&json(&forger.postback().order_id(MARK)), MARK, b"ORDER\xff"),
    },
    Attack {
        name: "utf8-invalid-form",
        description: "form that is not UTF-8 once decoded",
        expected: Expected::Refuse(ErrorKind::InvalidForm),
        forge: |forger| replaced(&form(&forger.postback().order_id(MARK)), MARK, b"ORDER%ff"),
    },
    Attack {
        name: "byte-order-mark",
        description: "JSON after a byte order mark",
        expected: Expected::Refuse(ErrorKind::InvalidJson),
        forge: |forger| {
            let body = forger.postback().json().body();
            Request::post(JSON, [b"\xef\xbb\xbf", &body[..]].concat())
        },
    },
    Attack {
        name: "json-deep",
        description: "JSON nested 10,000 levels deep",
        expected: Expected::Refuse(ErrorKind::InvalidJson),
        forge: |forger| {
            let deep = [vec![b'['; 10_000], vec![b']'; 10_000]].concat();
            let deep = String::from_utf8_lossy(&deep);
            json(&forger.postback().field("extra", deep))
        },
    },
    Attack {
        name: "json-array",
        description: "genuine postback inside an array",
        expected: Expected::Refuse(ErrorKind::InvalidJson),
        forge: |forger| {
            let body = forger.postback().json().body();
            Request::post(JSON, [b"[", &body[..], b"]"].concat())
        },
    },
    Attack {
        name: "empty",
        description: "empty body",
        expected: Expected::Refuse(ErrorKind::InvalidJson),
        forge: |_| Request::post(JSON, Bytes::new()),
    },
];

/// Replaces a mark in the body with bytes that no string can hold.
fn replaced(request: &Request, mark: &str, with: &[u8]) -> Request {
    let mut request = request.clone();
    if let Body::Whole(body) = &request.body {
        let length = mark.len();
        let found = body
            .windows(length)
            .position(|bytes| bytes == mark.as_bytes());
        let parts = found.map(|at| (body.slice(..at), body.slice(at + length..)));
        if let Some((before, after)) = parts {
            request.body = Body::Whole([&before[..], with, &after[..]].concat().into());
        }
    }
    request
}

const JSON: &str = "application/json";
const MARK: &str = "ORDER-WITH-A-MARK";
