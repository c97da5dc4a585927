//! An `ErrorKind` is complete: the README documents its response, and a vector shows it.

use std::collections::BTreeSet;

use cryptocloud_postback::ErrorKind;

use crate::vectors::{self, File};

#[test]
fn the_readme_has_a_row_for_every_kind() {
    // The first cell of a row is the response, such as "401 `{"error":"Invalid token"}`".
    let responses: Vec<&str> = include_str!("../../../README.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .collect();
    let is_documented = |kind: &ErrorKind| {
        let (status, message) = response(*kind);
        responses
            .iter()
            .any(|cell| cell.starts_with(&status) && cell.contains(message))
    };
    let missing: Vec<String> = ALL
        .iter()
        .filter(|kind| !is_documented(kind))
        .map(|kind| format!("{kind:?}: {:?}", response(*kind)))
        .collect();
    assert!(
        missing.is_empty(),
        "the README's table of responses lacks {missing:#?}"
    );
}

#[test]
fn every_kind_has_a_vector() {
    let files = vectors::files();
    let shown: BTreeSet<&str> = files.iter().flat_map(File::kinds).collect();
    for kind in ALL {
        let is_shown = shown.contains(&*format!("{kind:?}"));
        let is_excepted = WITHOUT_VECTOR.contains(kind);
        assert!(
            is_shown || is_excepted,
            "{kind:?} has no vector: see CONTRIBUTING.md"
        );
        assert!(
            !(is_shown && is_excepted),
            "{kind:?} has a vector by now: remove it from WITHOUT_VECTOR"
        );
    }
}

/// The status and the message that the sender gets.
fn response(kind: ErrorKind) -> (String, &'static str) {
    (kind.status_code().to_string(), kind.public_message())
}

/// Kinds that no request alone can cause, and the tests that show them instead.
const WITHOUT_VECTOR: &[ErrorKind] = &[
    // The connection breaks: `tests/extract.rs` of each adapter.
    ErrorKind::BodyUnreadable,
    // The clock is before 1970: `tests/verifier.rs` of the core.
    ErrorKind::ClockBeforeEpoch,
    // An option of the verifier: `tests/verifier.rs` of the core.
    ErrorKind::TestModeRefused,
    // The app has no verifier: `tests/extract.rs` of the actix-web adapter.
    ErrorKind::VerifierMissing,
];

const ALL: &[ErrorKind] = &[
    ErrorKind::BodyTooLarge,
    ErrorKind::BodyUnreadable,
    ErrorKind::ClockBeforeEpoch,
    ErrorKind::ContentEncoding,
    ErrorKind::DuplicateField,
    ErrorKind::InvalidField,
    ErrorKind::InvalidForm,
    ErrorKind::InvalidJson,
    ErrorKind::InvoiceMismatch,
    ErrorKind::MediaType,
    ErrorKind::MethodNotAllowed,
    ErrorKind::MissingField,
    ErrorKind::MissingId,
    ErrorKind::StatusRefused,
    ErrorKind::TestModeRefused,
    ErrorKind::TokenAlgorithm,
    ErrorKind::TokenClaims,
    ErrorKind::TokenExpired,
    ErrorKind::TokenHeader,
    ErrorKind::TokenLifetime,
    ErrorKind::TokenMalformed,
    ErrorKind::TokenMissing,
    ErrorKind::TokenNotYetValid,
    ErrorKind::TokenSignature,
    ErrorKind::VerifierMissing,
];
