use super::case::{Case, LONG, accepted, fields, invoice_id, operator};
use crate::{Decision, Fields, Hold, HoldKind, Identity, Report, Settles, State, StoreError};

/// What a string may hold: everything but control characters.
const STRINGS: [&str; 22] = [
    "'",
    "''",
    "\"",
    "`",
    "'; DROP TABLE cryptocloud_inbox; --",
    "a:b",
    "a::b",
    ":",
    "{a}",
    "%s%n",
    "$1",
    "?1",
    "\\",
    "\\0",
    "INV-INV-A",
    " ",
    "A",
    "a",
    "счёт-№1",
    "\u{1f4b8}\u{200f}\u{202e}",
    "null",
    "*",
];

pub(super) async fn ids<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let long = ["W".repeat(128), "W".repeat(127), "ж".repeat(64)];
    let strings = STRINGS
        .iter()
        .copied()
        .chain(long.iter().map(String::as_str));
    for string in strings.clone() {
        case.finish(&case.report(string, 1)).await?;
        let other = case.receive(&case.report(string, 2)).await?;
        assert_eq!(other.1, State::Conflict, "{string}");
    }
    for string in strings {
        let known = case.receive(&case.report(string, 1)).await?;
        assert_eq!(known.1, State::Done, "{string}");
        let id = invoice_id(string);
        let found = case.store.find(&case.project, id.as_str()).await?;
        assert_eq!(found.len(), 2, "{string}");
        assert!(found.iter().all(|record| *record.report.invoice_id() == id));
    }
    // Parts do not run into each other.
    for (project, invoice) in [("a:b", "c"), ("a", "b:c"), ("a'", "c"), ("a", "'c")] {
        let project = format!("{} {project}", case.project);
        let identity = Identity::new(&project, invoice_id(invoice));
        case.finish(&Report::new(identity, fields(1))).await?;
    }
    Ok(())
}

pub(super) async fn order_ids<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let long = "ж\"'\\".repeat(200);
    let strings = STRINGS.iter().copied().chain(["", "None", &long]);
    for (number, string) in strings.enumerate() {
        let fields = Fields {
            order_id: Some(string.into()),
            ..fields(1)
        };
        let report = Report::new(case.identity(&format!("ID{number}")), fields);
        let claim = case.start(&report, LONG).await?;
        assert_eq!(case.get(claim.id).await?.report, report, "{string}");
    }
    Ok(())
}

pub(super) async fn reasons<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    for (number, string) in STRINGS.into_iter().enumerate() {
        let claim = case
            .start(&case.report(&format!("ID{number}"), 1), LONG)
            .await?;
        let hold = Hold::new(HoldKind::Handler, string);
        case.store.hold(&claim, &hold).await?;
        let decision = Decision::by(string).note(string);
        case.store
            .accept(&case.project, claim.id, &accepted(1, string), &decision)
            .await?;
        let history = case.store.history(&case.project, claim.id).await?;
        assert!(history.iter().any(|decided| decided.decision == decision));
        let claim = case.claim_one().await?;
        assert_eq!(claim.accepted, Some(accepted(1, string)));
        case.store.fail(&claim, string, LONG).await?;
        let record = case.get(claim.id).await?;
        assert_eq!(record.last_error.as_deref(), Some(string));
        assert_eq!(record.hold, Some(hold));
        case.store
            .discard(&case.project, claim.id, &operator())
            .await?;
    }
    Ok(())
}
