//! Genuine postbacks: an endpoint that refuses everything proves nothing.

use cryptocloud_postback::Format;

use super::{
    attack::{Attack, Right},
    forger::{form, json},
};

pub(super) fn controls(format: Format) -> &'static [Attack] {
    match format {
        Format::Form => FORM,
        Format::Json => JSON,
    }
}

const JSON: &[Attack] = &[
    Attack {
        name: "genuine-json",
        what: "a genuine postback in JSON",
        right: Right::Accept,
        forge: |forger| json(&forger.postback()),
    },
    Attack {
        name: "genuine-json-no-order",
        what: "a genuine one with order_id null, as payment links send it",
        right: Right::Accept,
        forge: |forger| json(&forger.postback().field("order_id", "null")),
    },
];

const FORM: &[Attack] = &[
    Attack {
        name: "genuine-form",
        what: "a genuine postback as a form",
        right: Right::Accept,
        forge: |forger| form(&forger.postback()),
    },
    Attack {
        name: "genuine-form-no-order",
        what: "a genuine one without order_id, as payment links send it",
        right: Right::Accept,
        forge: |forger| form(&forger.postback().remove("order_id")),
    },
];
