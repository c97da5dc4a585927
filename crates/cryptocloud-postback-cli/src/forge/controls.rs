//! Genuine postbacks: if an endpoint refuses these too, its refusals prove nothing.

use cryptocloud_postback::Format;

use super::{
    attack::{Attack, Expected},
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
        description: "genuine postback as JSON",
        expected: Expected::Accept,
        forge: |forger| json(&forger.postback()),
    },
    Attack {
        name: "genuine-json-no-order",
        description: "genuine, order_id is null (payment link)",
        expected: Expected::Accept,
        forge: |forger| json(&forger.postback().field("order_id", "null")),
    },
];

const FORM: &[Attack] = &[
    Attack {
        name: "genuine-form",
        description: "genuine postback as a form",
        expected: Expected::Accept,
        forge: |forger| form(&forger.postback()),
    },
    Attack {
        name: "genuine-form-no-order",
        description: "genuine, no order_id (payment link)",
        expected: Expected::Accept,
        forge: |forger| form(&forger.postback().remove("order_id")),
    },
];
