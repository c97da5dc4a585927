//! Attacks with the claims of a signed token.

use std::time::Duration;

use cryptocloud_postback::{ErrorKind, UnixTime};

use super::{
    attack::{Attack, Expected},
    forger::{Forger, quote},
};
use crate::{client::Request, draft::new_invoice_id};

pub(super) const CLAIMS: &[Attack] = &[
    Attack {
        name: "expired",
        description: "genuine postback from an hour ago",
        expected: Expected::Refuse(ErrorKind::TokenExpired),
        forge: |forger| {
            let hour_ago = forger.expires_at.as_secs().saturating_sub(3_600);
            forger.request(&forger.postback().expires_at(UnixTime::from_secs(hour_ago)))
        },
    },
    Attack {
        name: "exp-missing",
        description: "token without exp, so it never expires",
        expected: Expected::Refuse(ErrorKind::TokenClaims),
        forge: |forger| forger.with_claims(format!(r#"{{"id":{}}}"#, quote(&forger.invoice_id))),
    },
    Attack {
        name: "exp-null",
        description: "exp is null",
        expected: Expected::Refuse(ErrorKind::TokenClaims),
        forge: |forger| with_exp(forger, "null"),
    },
    Attack {
        name: "exp-string",
        description: "exp is a string",
        expected: Expected::Refuse(ErrorKind::TokenClaims),
        forge: |forger| with_exp(forger, &format!("\"{}\"", forger.expires_at)),
    },
    Attack {
        name: "exp-fraction",
        description: "exp is a fraction",
        expected: Expected::Refuse(ErrorKind::TokenClaims),
        forge: |forger| with_exp(forger, &format!("{}.5", forger.expires_at)),
    },
    Attack {
        name: "exp-huge",
        description: "exp is 1e400",
        expected: Expected::Refuse(ErrorKind::TokenClaims),
        forge: |forger| with_exp(forger, "1e400"),
    },
    Attack {
        name: "exp-far",
        description: "token valid for a year, not five minutes",
        expected: Expected::Refuse(ErrorKind::TokenLifetime),
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
        name: "nbf-future",
        description: "token not valid before tomorrow (nbf)",
        expected: Expected::Refuse(ErrorKind::TokenNotYetValid),
        forge: |forger| {
            let tomorrow = forger
                .expires_at
                .saturating_add(Duration::from_secs(86_400));
            with_exp(forger, &format!("{},\"nbf\":{tomorrow}", forger.expires_at))
        },
    },
    Attack {
        name: "other-invoice",
        description: "genuine token of another invoice",
        expected: Expected::Refuse(ErrorKind::InvoiceMismatch),
        forge: |forger| {
            let other = forger.postback().invoice_id(&new_invoice_id());
            forger.with_token(&other.signed_token())
        },
    },
    Attack {
        name: "id-missing",
        description: "token without an invoice id",
        expected: Expected::Refuse(ErrorKind::InvoiceMismatch),
        forge: |forger| forger.with_claims(format!(r#"{{"exp":{}}}"#, forger.expires_at)),
    },
    Attack {
        name: "id-number",
        description: "invoice id of the token is a number",
        expected: Expected::Refuse(ErrorKind::InvoiceMismatch),
        forge: |forger| forger.with_claims(format!(r#"{{"id":1,"exp":{}}}"#, forger.expires_at)),
    },
];

fn with_exp(forger: &Forger, exp: &str) -> Request {
    forger.with_claims(format!(
        r#"{{"id":{},"exp":{exp}}}"#,
        quote(&forger.invoice_id)
    ))
}
