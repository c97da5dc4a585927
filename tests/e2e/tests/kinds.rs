//! An `ErrorKind` is complete: the README documents its response, and a vector shows it.

use std::collections::BTreeSet;

use cryptocloud_postback::{ErrorKind, Response};
use cryptocloud_postback_api::NotConfirmedKind;

use crate::vectors::{self, File};

#[test]
fn the_readme_has_a_row_for_every_kind() {
    // The first cell of a row is the response, such as "401 `{"error":"Invalid token"}`".
    let cells: Vec<&str> = include_str!("../../../README.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .collect();
    let kinds = ErrorKind::ALL.iter();
    let kinds = kinds.map(|kind| (format!("{kind:?}"), kind.response()));
    let not_confirmed = NotConfirmedKind::ALL.iter();
    let not_confirmed = not_confirmed.map(|kind| (format!("{kind:?}"), kind.response()));
    let is_missing = |(_, response): &(String, Response)| {
        let (status, message) = (response.status().to_string(), message(response));
        !cells
            .iter()
            .any(|cell| cell.starts_with(&status) && cell.contains(message))
    };
    let missing: Vec<_> = kinds.chain(not_confirmed).filter(is_missing).collect();
    assert!(
        missing.is_empty(),
        "the README's table of responses lacks {missing:#?}"
    );
}

#[test]
fn every_kind_has_a_vector() {
    let files = vectors::files();
    let shown: BTreeSet<&str> = files.iter().flat_map(File::kinds).collect();
    for kind in ErrorKind::ALL {
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

/// What the sender reads.
fn message(response: &Response) -> &'static str {
    let message = response.body().strip_prefix(r#"{"error":""#);
    let message = message.and_then(|message| message.strip_suffix(r#""}"#));
    message.expect("an error in JSON")
}

/// Kinds that no request alone can cause, and the tests that show them instead.
const WITHOUT_VECTOR: &[ErrorKind] = &[
    // The body is slow, or the connection breaks: the tests of each adapter.
    ErrorKind::BodyTimeout,
    ErrorKind::BodyUnreadable,
    // The clock is before 1970: `tests/verifier.rs` of the core.
    ErrorKind::ClockBeforeEpoch,
    // The app has no verifier, or two: the tests of the actix-web adapter.
    ErrorKind::VerifierAmbiguous,
    ErrorKind::VerifierMissing,
];
