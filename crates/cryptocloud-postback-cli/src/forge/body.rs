//! Attacks by a body under a genuine token.

use bytes::Bytes;
use cryptocloud_postback::ErrorKind;

use super::{
    attack::{Attack, Right},
    forger::{form, json, quote},
};
use crate::{
    client::{Body, Request},
    draft::new_invoice_id,
};

pub(super) const BODY: &[Attack] = &[
    Attack {
        name: "changed-amount",
        what: "a genuine token with a million times the amount: see that its order was not paid",
        right: Right::Look,
        forge: |forger| forger.request(&forger.postback().amount("1000000")),
    },
    Attack {
        name: "status-canceled",
        what: "status canceled",
        right: Right::Refuse(ErrorKind::StatusRefused),
        forge: |forger| forger.request(&forger.postback().status("canceled")),
    },
    Attack {
        name: "status-created",
        what: "status created, so that nothing was paid yet",
        right: Right::Refuse(ErrorKind::StatusRefused),
        forge: |forger| forger.request(&forger.postback().status("created")),
    },
    Attack {
        name: "no-invoice",
        what: "no invoice_id",
        right: Right::Refuse(ErrorKind::MissingId),
        forge: |forger| forger.request(&forger.postback().remove("invoice_id")),
    },
    Attack {
        name: "no-status",
        what: "no status",
        right: Right::Refuse(ErrorKind::MissingField),
        forge: |forger| forger.request(&forger.postback().remove("status")),
    },
    Attack {
        name: "duplicate-json",
        what: "JSON with two invoice_id: one for the check, one for the shop",
        right: Right::Refuse(ErrorKind::DuplicateField),
        forge: |forger| {
            let other = quote(&new_invoice_id());
            json(&forger.postback().duplicate("invoice_id", other))
        },
    },
    Attack {
        name: "duplicate-form",
        what: "a form with two order_id",
        right: Right::Refuse(ErrorKind::DuplicateField),
        forge: |forger| form(&forger.postback().duplicate("order_id", quote("ORDER_1"))),
    },
    Attack {
        name: "amount-negative",
        what: "an amount of -1",
        right: Right::Refuse(ErrorKind::InvalidField),
        forge: |forger| forger.request(&forger.postback().field("amount_crypto", "-1")),
    },
    Attack {
        name: "amount-underscore",
        what: "an amount of 1_000, which some languages read",
        right: Right::Refuse(ErrorKind::InvalidField),
        forge: |forger| forger.request(&forger.postback().field("amount_crypto", quote("1_000"))),
    },
    Attack {
        name: "amount-nan",
        what: "an amount of NaN, which is no JSON and which Python reads",
        right: Right::Refuse(ErrorKind::InvalidJson),
        forge: |forger| json(&forger.postback().field("amount_crypto", "NaN")),
    },
    Attack {
        name: "amount-huge",
        what: "an amount of 1e400",
        right: Right::Refuse(ErrorKind::InvalidField),
        forge: |forger| forger.request(&forger.postback().field("amount_crypto", "1e400")),
    },
    Attack {
        name: "nul-in-order",
        what: "an order_id with a NUL, which PostgreSQL cannot hold",
        right: Right::Refuse(ErrorKind::InvalidField),
        forge: |forger| forger.request(&forger.postback().order_id("ORDER\u{0}")),
    },
    Attack {
        name: "utf8-broken-json",
        what: "JSON that is not UTF-8",
        right: Right::Refuse(ErrorKind::InvalidJson),
        forge: |forger| replaced(&json(&forger.postback().order_id(MARK)), MARK, b"ORDER\xff"),
    },
    Attack {
        name: "utf8-broken-form",
        what: "a form that is not UTF-8 once decoded",
        right: Right::Refuse(ErrorKind::InvalidForm),
        forge: |forger| replaced(&form(&forger.postback().order_id(MARK)), MARK, b"ORDER%ff"),
    },
    Attack {
        name: "byte-order-mark",
        what: "JSON behind a byte order mark",
        right: Right::Refuse(ErrorKind::InvalidJson),
        forge: |forger| {
            let body = forger.postback().json().body();
            Request::post(JSON, [b"\xef\xbb\xbf", &body[..]].concat())
        },
    },
    Attack {
        name: "json-deep",
        what: "JSON that nests 10,000 levels deep",
        right: Right::Refuse(ErrorKind::InvalidJson),
        forge: |forger| {
            let deep = [vec![b'['; 10_000], vec![b']'; 10_000]].concat();
            let deep = String::from_utf8_lossy(&deep);
            json(&forger.postback().field("extra", deep))
        },
    },
    Attack {
        name: "json-array",
        what: "a genuine postback in an array",
        right: Right::Refuse(ErrorKind::InvalidJson),
        forge: |forger| {
            let body = forger.postback().json().body();
            Request::post(JSON, [b"[", &body[..], b"]"].concat())
        },
    },
    Attack {
        name: "empty",
        what: "an empty body",
        right: Right::Refuse(ErrorKind::InvalidJson),
        forge: |_| Request::post(JSON, Bytes::new()),
    },
];

/// Puts bytes into a body that no text could hold.
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
