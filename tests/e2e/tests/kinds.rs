//! An `ErrorKind` is complete: the README documents its response, and a vector shows it.

use std::collections::BTreeSet;

use cryptocloud_postback::ErrorKind;

use crate::vectors;

#[test]
fn readme_has_a_row_for_every_kind() {
    let readme = include_str!("../../../README.md");
    // The first cell of a row is the response, such as "401 `{"error":"Invalid token"}`".
    let responses: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .collect();
    let missing: Vec<String> = ALL
        .iter()
        .filter(|kind| {
            let status = kind.status_code().to_string();
            !responses.iter().any(|response| {
                response.starts_with(&status) && response.contains(kind.public_message())
            })
        })
        .map(|kind| format!("{kind:?}: {} {}", kind.status_code(), kind.public_message()))
        .collect();
    assert!(
        missing.is_empty(),
        "not in the README's table of responses: {missing:#?}"
    );
}

#[test]
fn every_kind_has_a_vector() {
    let covered: BTreeSet<String> = vectors::files()
        .iter()
        .flat_map(vectors::File::kinds)
        .map(ToOwned::to_owned)
        .collect();
    let missing: Vec<&ErrorKind> = ALL
        .iter()
        .filter(|kind| !WITHOUT_VECTOR.contains(kind) && !covered.contains(&format!("{kind:?}")))
        .collect();
    assert!(missing.is_empty(), "no vector for {missing:?}");
    for kind in WITHOUT_VECTOR {
        assert!(
            !covered.contains(&format!("{kind:?}")),
            "{kind:?} has a vector by now"
        );
    }
}

/// Kinds that no vector can show, because a vector is a whole request to a verifier with default
/// settings.
const WITHOUT_VECTOR: &[ErrorKind] = &[
    // The connection breaks: tests/extract.rs of each adapter.
    ErrorKind::BodyUnreadable,
    // The clock of the machine is wrong: tests/verifier.rs of the core.
    ErrorKind::ClockBeforeEpoch,
    // An option of the verifier: tests/verifier.rs of the core.
    ErrorKind::TestModeRefused,
    // The app is wired wrongly: tests/extract.rs of the actix-web adapter.
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
