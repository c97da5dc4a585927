//! Attacks by the token's text, header and MAC.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cryptocloud_postback::{ErrorKind, testing::PostbackBuilder};

use super::{
    attack::{Attack, Right},
    forger::{Forger, form, quote},
};
use crate::client::Request;

pub(super) const TOKEN: &[Attack] = &[
    Attack {
        name: "token-missing",
        what: "no token at all",
        right: Right::Refuse(ErrorKind::TokenMissing),
        forge: |forger| forger.request(&forger.postback().remove("token")),
    },
    Attack {
        name: "token-null",
        what: "a token that is null",
        right: Right::Refuse(ErrorKind::TokenMissing),
        forge: |forger| forger.request(&forger.postback().field("token", "null")),
    },
    Attack {
        name: "token-empty",
        what: "an empty token",
        right: Right::Refuse(ErrorKind::TokenMissing),
        forge: |forger| forger.with_token(""),
    },
    Attack {
        name: "token-blank",
        what: "a token of white space",
        right: Right::Refuse(ErrorKind::TokenMissing),
        forge: |forger| forger.with_token(" \t\n"),
    },
    Attack {
        name: "token-number",
        what: "a token that is a number",
        right: Right::Refuse(ErrorKind::TokenMissing),
        forge: |forger| forger.request(&forger.postback().field("token", "1")),
    },
    Attack {
        name: "token-array",
        what: "a genuine token in an array",
        right: Right::Refuse(ErrorKind::TokenMissing),
        forge: |forger| {
            let array = format!("[{}]", quote(&forger.token()));
            forger.request(&forger.postback().field("token", array))
        },
    },
    Attack {
        name: "token-object",
        what: "a token that is an object",
        right: Right::Refuse(ErrorKind::TokenMissing),
        forge: |forger| forger.request(&forger.postback().field("token", "{}")),
    },
    Attack {
        name: "form-no-token",
        what: "a form without a token, where forms may be checked less",
        right: Right::Refuse(ErrorKind::TokenMissing),
        forge: |forger| form(&forger.postback().remove("token")),
    },
    Attack {
        name: "form-other-secret",
        what: "a form signed with another secret",
        right: Right::Refuse(ErrorKind::TokenSignature),
        forge: |forger| form(&forger.postback().secret(OTHER_SECRET)),
    },
    Attack {
        name: "other-secret",
        what: "signed with another secret",
        right: Right::Refuse(ErrorKind::TokenSignature),
        forge: |forger| forger.request(&forger.postback().secret(OTHER_SECRET)),
    },
    Attack {
        name: "sample-secret",
        what: "signed with super-secret, which the vendor's samples fall back to",
        right: Right::Refuse(ErrorKind::TokenSignature),
        forge: |forger| forger.request(&forger.postback().secret("super-secret")),
    },
    Attack {
        name: "empty-secret",
        what: "signed with an empty secret, as where a setting was forgotten",
        right: Right::Refuse(ErrorKind::TokenSignature),
        forge: |forger| forger.request(&forger.postback().secret("")),
    },
    Attack {
        name: "mac-one-bit",
        what: "a genuine token with one bit of the MAC changed",
        right: Right::Refuse(ErrorKind::TokenSignature),
        forge: one_bit,
    },
    Attack {
        name: "mac-of-other-claims",
        what: "a genuine MAC under changed claims",
        right: Right::Refuse(ErrorKind::TokenSignature),
        forge: |forger| {
            let changed = forger.postback().claims(format!(
                r#"{{"id":{},"exp":{},"x":1}}"#,
                quote(&forger.invoice_id),
                forger.expires_at
            ));
            let token = forger.token();
            let (_, mac) = cut_mac(&token);
            forger.with_token(&format!("{}.{mac}", cut_mac(&changed.signed_token()).0))
        },
    },
    Attack {
        name: "alg-none",
        what: "alg none, and no MAC",
        right: Right::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| unsigned(forger, "none"),
    },
    Attack {
        name: "alg-none-capital",
        what: "alg None, and no MAC",
        right: Right::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| unsigned(forger, "None"),
    },
    Attack {
        name: "alg-none-upper",
        what: "alg NONE, and no MAC",
        right: Right::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| unsigned(forger, "NONE"),
    },
    Attack {
        name: "alg-none-mixed",
        what: "alg nOnE, and no MAC",
        right: Right::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| unsigned(forger, "nOnE"),
    },
    Attack {
        name: "alg-none-other-mac",
        what: "alg none, and a MAC of another secret",
        right: Right::Refuse(ErrorKind::TokenAlgorithm),
        forge: |forger| {
            let postback = forger.postback().secret(OTHER_SECRET);
            forger.request(&postback.header(r#"{"typ":"JWT","alg":"none"}"#))
        },
    },
    Attack {
        name: "alg-lower-case",
        what: "alg hs256, which is another name than HS256",
        right: Right::Refuse(ErrorKind::TokenAlgorithm),
        forge: |forger| with_header(forger, r#"{"typ":"JWT","alg":"hs256"}"#),
    },
    Attack {
        name: "alg-hs384",
        what: "alg HS384 over a MAC of HS256",
        right: Right::Refuse(ErrorKind::TokenAlgorithm),
        forge: |forger| with_header(forger, r#"{"typ":"JWT","alg":"HS384"}"#),
    },
    Attack {
        name: "alg-rs256",
        what: "alg RS256 over a MAC of HS256",
        right: Right::Refuse(ErrorKind::TokenAlgorithm),
        forge: |forger| with_header(forger, r#"{"typ":"JWT","alg":"RS256"}"#),
    },
    Attack {
        name: "alg-missing",
        what: "a header without alg",
        right: Right::Refuse(ErrorKind::TokenAlgorithm),
        forge: |forger| with_header(forger, r#"{"typ":"JWT"}"#),
    },
    Attack {
        name: "alg-twice",
        what: "a header with two alg, none and HS256",
        right: Right::Refuse(ErrorKind::TokenHeader),
        forge: |forger| with_header(forger, r#"{"alg":"none","alg":"HS256"}"#),
    },
    Attack {
        name: "header-crit",
        what: "a critical extension that nobody knows (RFC 7515 section 4.1.11)",
        right: Right::Refuse(ErrorKind::TokenHeader),
        forge: |forger| with_header(forger, r#"{"alg":"HS256","crit":["x"],"x":1}"#),
    },
    Attack {
        name: "header-jwk",
        what: "a header that brings its own key",
        right: Right::Refuse(ErrorKind::TokenHeader),
        forge: |forger| {
            let key = URL_SAFE_NO_PAD.encode(OTHER_SECRET);
            let header = format!(r#"{{"alg":"HS256","jwk":{{"kty":"oct","k":"{key}"}}}}"#);
            forger.request(&forger.postback().secret(OTHER_SECRET).header(header))
        },
    },
    Attack {
        name: "header-jku",
        what: "a header that says where to fetch a key",
        right: Right::Refuse(ErrorKind::TokenHeader),
        forge: |forger| {
            let header = r#"{"alg":"HS256","jku":"https://attacker.invalid/keys.json"}"#;
            forger.request(&forger.postback().secret(OTHER_SECRET).header(header))
        },
    },
    Attack {
        name: "token-padded",
        what: "a genuine token with base64 padding: a second text of one token",
        right: Right::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| forger.with_token(&format!("{}=", forger.token())),
    },
    Attack {
        name: "token-trailing-bits",
        what: "a genuine token with unused bits set: a second text of one token",
        right: Right::Refuse(ErrorKind::TokenMalformed),
        forge: trailing_bits,
    },
    Attack {
        name: "token-two-segments",
        what: "a genuine token without its MAC",
        right: Right::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| forger.with_token(cut_mac(&forger.token()).0),
    },
    Attack {
        name: "token-four-segments",
        what: "a genuine token with one segment more",
        right: Right::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| forger.with_token(&format!("{}.e30", forger.token())),
    },
    Attack {
        name: "token-bearer",
        what: "a genuine token behind Bearer",
        right: Right::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| forger.with_token(&format!("Bearer {}", forger.token())),
    },
    Attack {
        name: "token-long",
        what: "a token of 40 KB",
        right: Right::Refuse(ErrorKind::TokenMalformed),
        forge: |forger| forger.with_token(&format!("e30.{}.e30", "A".repeat(40_000))),
    },
];

/// A token without a MAC; the claims are those of a genuine one.
fn unsigned(forger: &Forger, alg: &str) -> Request {
    let header = format!(r#"{{"typ":"JWT","alg":"{alg}"}}"#);
    let token = forger.postback().header(header).signed_token();
    forger.with_token(&format!("{}.", cut_mac(&token).0))
}

/// Signed with the secret under another header.
fn with_header(forger: &Forger, header: &str) -> Request {
    let postback: PostbackBuilder = forger.postback().header(header);
    forger.request(&postback)
}

fn one_bit(forger: &Forger) -> Request {
    let token = forger.token();
    let (message, mac) = cut_mac(&token);
    let mut mac = URL_SAFE_NO_PAD.decode(mac).unwrap_or_default();
    if let Some(first) = mac.first_mut() {
        *first ^= 1;
    }
    forger.with_token(&format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac)))
}

/// 32 bytes end within a character, the last two bits of which stand for nothing.
fn trailing_bits(forger: &Forger) -> Request {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut token = forger.token();
    let last = token.pop();
    let next = ALPHABET.chars().skip_while(|c| Some(*c) != last).nth(1);
    token.extend(next);
    forger.with_token(&token)
}

/// What is signed, and the MAC.
fn cut_mac(token: &str) -> (&str, &str) {
    token.rsplit_once('.').unwrap_or((token, ""))
}

const OTHER_SECRET: &str = "another-secret-of-thirty-two-bytes-or-more";
