//! Attacks by what a signed token claims.

use std::time::Duration;

use cryptocloud_postback::{ErrorKind, UnixTime};

use super::{
    attack::{Attack, Right},
    forger::{Forger, json, quote},
};
use crate::{client::Request, draft::new_invoice_id};

pub(super) const CLAIMS: &[Attack] = &[
    Attack {
        name: "expired",
        what: "a genuine postback of an hour ago, sent again",
        right: Right::Refuse(ErrorKind::TokenExpired),
        forge: |forger| {
            let hour_ago = forger.expires_at.as_secs().saturating_sub(3_600);
            forger.request(&forger.postback().expires_at(UnixTime::from_secs(hour_ago)))
        },
    },
    Attack {
        name: "exp-missing",
        what: "a token that never expires",
        right: Right::Refuse(ErrorKind::TokenClaims),
        forge: |forger| forger.with_claims(format!(r#"{{"id":{}}}"#, quote(&forger.invoice_id))),
    },
    Attack {
        name: "exp-null",
        what: "a token whose exp is null",
        right: Right::Refuse(ErrorKind::TokenClaims),
        forge: |forger| with_exp(forger, "null"),
    },
    Attack {
        name: "exp-text",
        what: "a token whose exp is text",
        right: Right::Refuse(ErrorKind::TokenClaims),
        forge: |forger| with_exp(forger, &format!("\"{}\"", forger.expires_at)),
    },
    Attack {
        name: "exp-fraction",
        what: "a token whose exp is a fraction",
        right: Right::Refuse(ErrorKind::TokenClaims),
        forge: |forger| with_exp(forger, &format!("{}.5", forger.expires_at)),
    },
    Attack {
        name: "exp-huge",
        what: "a token whose exp is 1e400",
        right: Right::Refuse(ErrorKind::TokenClaims),
        forge: |forger| with_exp(forger, "1e400"),
    },
    Attack {
        name: "exp-far",
        what: "a token that is good for a year, and the vendor's for five minutes",
        right: Right::Refuse(ErrorKind::TokenLifetime),
        forge: |forger| {
            let year = Duration::from_secs(365 * 86_400);
            forger.request(
                &forger
                    .postback()
                    .expires_at(forger.expires_at.saturating_add(year)),
            )
        },
    },
    Attack {
        name: "nbf-ahead",
        what: "a token that is good only from tomorrow on",
        right: Right::Refuse(ErrorKind::TokenNotYetValid),
        forge: |forger| {
            let tomorrow = forger
                .expires_at
                .saturating_add(Duration::from_secs(86_400));
            with_exp(forger, &format!("{},\"nbf\":{tomorrow}", forger.expires_at))
        },
    },
    Attack {
        name: "other-invoice",
        what: "a genuine token, of another invoice",
        right: Right::Refuse(ErrorKind::InvoiceMismatch),
        forge: |forger| {
            let other = forger.postback().invoice_id(&new_invoice_id());
            forger.with_token(&other.signed_token())
        },
    },
    Attack {
        name: "id-missing",
        what: "a token that names no invoice",
        right: Right::Refuse(ErrorKind::InvoiceMismatch),
        forge: |forger| forger.with_claims(format!(r#"{{"exp":{}}}"#, forger.expires_at)),
    },
    Attack {
        name: "id-number",
        what: "a token whose id is a number",
        right: Right::Refuse(ErrorKind::InvoiceMismatch),
        forge: |forger| forger.with_claims(format!(r#"{{"id":1,"exp":{}}}"#, forger.expires_at)),
    },
    Attack {
        name: "uuid-of-other-invoice",
        what: "an invoice_info.uuid that names another invoice",
        right: Right::Refuse(ErrorKind::InvoiceMismatch),
        forge: |forger| {
            let other = quote(&format!("INV-{}", new_invoice_id()));
            json(&forger.postback().info_field("uuid", other))
        },
    },
];

fn with_exp(forger: &Forger, exp: &str) -> Request {
    forger.with_claims(format!(
        r#"{{"id":{},"exp":{exp}}}"#,
        quote(&forger.invoice_id)
    ))
}
