//! Attacks on the token: its encoding, header and MAC.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cryptocloud_postback::{ErrorKind, testing::PostbackBuilder};

use super::{
    attack::{Attack, Expected},
    forger::{Forger, form, quote},
};
use crate::client::Request;

pub(super) const TOKEN: &[Attack] = &[
    Attack {
        name: "token-missing",
        description: "no token",
        expected: Expected::Refuse(ErrorKind::TokenMissing),
        forge: |forger| forger.request(&forger.postback().remove("token")),
    },
    Attack {
        name: "token-null",
        description: "token is null",
        expected: Expected::Refuse(ErrorKind::TokenMissing),
        forge: |forger| forger.request(&forger.postback().field("token", "null")),
    },
    Attack {
        name: "token-empty",
        description: "token is an empty string",
        expected: Expected::Refuse(ErrorKind::TokenMissing),
        forge: |forger| forger.with_token(""),
    },
    Attack {
        name: "token-blank",
        description: "token is only white space",
        expected: Expected::Refuse(ErrorKind::TokenMissing),
        forge: |forger| forger.with_token(" \t\n"),
    },
    Attack {
        name: "token-number",
        description: "token is a number",
        expected: Expected::Refuse(ErrorKind::TokenMissing),
        forge: |forger| forger.request(&forger.postback().field("token", "1")),
    },
    Attack {
        name: "token-array",
        description: "genuine token inside an array",
        expected: Expected::Refuse(ErrorKind::TokenMissing),
        forge: |forger| {
            let array = format!("[{}]", quote(&forger.token()));
            forger.request(&forger.postback().field("token", array))
        },
    },
    Attack {
        name: "token-object",
        description: "token is an object",
        expected: Expected::Refuse(ErrorKind::TokenMissing),
        forge: |forger| forger.request(&forger.postback().field("token", "{}")),
    },
    Attack {
        name: "form-no-token",
        description: "form without a token",
        expected: Expected::Refuse(ErrorKind::TokenMissing),
        forge: |forger| form(&forger.postback().remove("token")),
    },
    Attack {
        name: "form-other-secret",
        description: "form signed with another secret",
        expected: Expected::Refuse(ErrorKind::TokenSignature),
        forge: |forger| form(&forger.postback().secret(OTHER_SECRET)),
    },
    Attack {
        name: "other-secret",
        description: "signed with another secret",
        expected: Expected::Refuse(ErrorKind::TokenSignature),
        forge: |forger| forger.request(&forger.postback().secret(OTHER_SECRET)),
    },
    Attack {
        name: "sample-secret",
        description: "signed with super-secret from the samples",
        expected: Expected::Refuse(ErrorKind::TokenSignature),
        forge: |forger| forger.request(&forger.postback().secret("super-secret")),
    },
    Attack {
        name: "empty-secret",
        description: "signed with an empty secret",
        expected: Expected::Refuse(ErrorKind::TokenSignature),
        forge: |forger| forger.request(&forger.postback().secret("")),
    },
    Attack {
        name: "mac-one-bit",
        description: "genuine token, one bit of its MAC flipped",
        expected: Expected::Refuse(ErrorKind::TokenSignature),
        forge: one_bit,
    },
    Attack {
        name: "mac-of-other-claims",
        description: "genuine MAC over other claims",
        expected: Expected::Refuse(ErrorKind::TokenSignature),
        forge: |forger| {
            let changed = forger.postback().claims(format!(
                r#"{{"id":{},"exp":{},"x":1}}"#,
                quote(&forger.invoice_id),
                forger.expires_at
            ));
            let token = forger.token();
            let (_, mac) = split_mac(&token);
            forger.with_token(&format!("{}.{mac}", split_mac(&changed.signed_token()).0))
        },
    },
    Attack {
        name: "alg-none",
        description: "alg none without a MAC",
        expected: Expected::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| unsigned(forger, "none"),
    },
    Attack {
        name: "alg-none-capital",
        description: "alg None without a MAC",
        expected: Expected::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| unsigned(forger, "None"),
    },
    Attack {
        name: "alg-none-upper",
        description: "alg NONE without a MAC",
        expected: Expected::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| unsigned(forger, "NONE"),
    },
    Attack {
        name: "alg-none-mixed",
        description: "alg nOnE without a MAC",
        expected: Expected::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| unsigned(forger, "nOnE"),
    },
    Attack {
        name: "alg-none-other-mac",
        description: "alg none with a MAC of another secret",
        expected: Expected::Refuse(ErrorKind::TokenAlgorithm),
        forge: |forger| {
            let postback = forger.postback().secret(OTHER_SECRET);
            forger.request(&postback.header(r#"{"typ":"JWT","alg":"none"}"#))
        },
    },
    Attack {
        name: "alg-lower-case",
        description: "alg hs256 instead of HS256",
        expected: Expected::Refuse(ErrorKind::TokenAlgorithm),
        forge: |forger| with_header(forger, r#"{"typ":"JWT","alg":"hs256"}"#),
    },
    Attack {
        name: "alg-hs384",
        description: "alg HS384 with an HS256 MAC",
        expected: Expected::Refuse(ErrorKind::TokenAlgorithm),
        forge: |forger| with_header(forger, r#"{"typ":"JWT","alg":"HS384"}"#),
    },
    Attack {
        name: "alg-rs256",
        description: "alg RS256 with an HS256 MAC",
        expected: Expected::Refuse(ErrorKind::TokenAlgorithm),
        forge: |forger| with_header(forger, r#"{"typ":"JWT","alg":"RS256"}"#),
    },
    Attack {
        name: "alg-missing",
        description: "header without alg",
        expected: Expected::Refuse(ErrorKind::TokenAlgorithm),
        forge: |forger| with_header(forger, r#"{"typ":"JWT"}"#),
    },
    Attack {
        name: "alg-twice",
        description: "header with both alg none and alg HS256",
        expected: Expected::Refuse(ErrorKind::TokenHeader),
        forge: |forger| with_header(forger, r#"{"alg":"none","alg":"HS256"}"#),
    },
    Attack {
        name: "header-crit",
        description: "crit names an unknown extension",
        expected: Expected::Refuse(ErrorKind::TokenHeader),
        forge: |forger| with_header(forger, r#"{"alg":"HS256","crit":["x"],"x":1}"#),
    },
    Attack {
        name: "header-jwk",
        description: "header with the attacker's key (jwk)",
        expected: Expected::Refuse(ErrorKind::TokenHeader),
        forge: |forger| {
            let key = URL_SAFE_NO_PAD.encode(OTHER_SECRET);
            let header = format!(r#"{{"alg":"HS256","jwk":{{"kty":"oct","k":"{key}"}}}}"#);
            forger.request(&forger.postback().secret(OTHER_SECRET).header(header))
        },
    },
    Attack {
        name: "header-jku",
        description: "header with a URL to a key (jku)",
        expected: Expected::Refuse(ErrorKind::TokenHeader),
        forge: |forger| {
            let header = r#"{"alg":"HS256","jku":"https://attacker.invalid/keys.json"}"#;
            forger.request(&forger.postback().secret(OTHER_SECRET).header(header))
        },
    },
    Attack {
        name: "token-padded",
        description: "genuine token with base64 padding",
        expected: Expected::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| forger.with_token(&format!("{}=", forger.token())),
    },
    Attack {
        name: "token-trailing-bits",
        description: "genuine token with unused bits set",
        expected: Expected::Refuse(ErrorKind::TokenMalformed),
        forge: trailing_bits,
    },
    Attack {
        name: "token-two-segments",
        description: "genuine token without its MAC",
        expected: Expected::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| forger.with_token(split_mac(&forger.token()).0),
    },
    Attack {
        name: "token-four-segments",
        description: "genuine token with a fourth segment",
        expected: Expected::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| forger.with_token(&format!("{}.e30", forger.token())),
    },
    Attack {
        name: "token-bearer",
        description: "genuine token prefixed with Bearer",
        expected: Expected::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| forger.with_token(&format!("Bearer {}", forger.token())),
    },
    Attack {
        name: "token-long",
        description: "token of 40 KB",
        expected: Expected::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| forger.with_token(&format!("e30.{}.e30", "A".repeat(40_000))),
    },
];

/// A token without a MAC, with genuine claims.
fn unsigned(forger: &Forger, alg: &str) -> Request {
    let header = format!(r#"{{"typ":"JWT","alg":"{alg}"}}"#);
    let token = forger.postback().header(header).signed_token();
    forger.with_token(&format!("{}.", split_mac(&token).0))
}

/// A token with another header, signed with the secret.
fn with_header(forger: &Forger, header: &str) -> Request {
    let postback: PostbackBuilder = forger.postback().header(header);
    forger.request(&postback)
}

fn one_bit(forger: &Forger) -> Request {
    let token = forger.token();
    let (message, mac) = split_mac(&token);
    let mut mac = URL_SAFE_NO_PAD.decode(mac).unwrap_or_default();
    if let Some(first) = mac.first_mut() {
        *first ^= 1;
    }
    forger.with_token(&format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac)))
}

/// The last base64url character of 32 bytes has two unused bits; sets one of them.
fn trailing_bits(forger: &Forger) -> Request {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut token = forger.token();
    let last = token.pop();
    let next = ALPHABET.chars().skip_while(|c| Some(*c) != last).nth(1);
    token.extend(next);
    forger.with_token(&token)
}

/// Splits a token into the signed part and the MAC.
fn split_mac(token: &str) -> (&str, &str) {
    token.rsplit_once('.').unwrap_or((token, ""))
}

const OTHER_SECRET: &str = "another-secret-of-thirty-two-bytes-or-more";
