use cryptocloud_postback::TraceContext;

use super::case::{Case, LONG, NONE, operator};
use crate::{Fields, Purge, Report, Settles, State, StoreError};

pub(super) async fn fields_go_and_identity_stays<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let report = Report {
        trace: TraceContext::parse(parent, Some("rojo=1")),
        ..case.report("A", 1)
    };
    let id = case.finish(&report).await?;
    assert!(case.get(id).await?.report.trace.is_some());
    let discarded = case.held(&case.report("B", 1)).await?;
    case.store
        .discard(&case.project, discarded, &operator())
        .await?;
    let held = case.held(&case.report("C", 1)).await?;
    let purge = async |age| {
        let purge = case.store.purge(&case.project, age, Purge::Fields, 10);
        purge.await
    };
    assert_eq!(purge(LONG).await?, 0);
    assert_eq!(purge(NONE).await?, 2);
    assert_eq!(purge(NONE).await?, 0);
    let record = case.get(id).await?;
    assert_eq!(record.report.fields, Fields::default());
    assert_eq!(record.report.trace, None);
    assert_eq!(record.report.identity, report.identity);
    // A late resend is known, and a differing report is a conflict still.
    assert_eq!(case.receive(&report).await?, (id, State::Done));
    let other = case.receive(&case.report("A", 2)).await?;
    assert_eq!(other.1, State::Conflict);
    assert_ne!(case.get(held).await?.report.fields, Fields::default());
    Ok(())
}

pub(super) async fn identity_goes_if_asked<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let report = case.report("A", 1);
    let id = case.finish(&report).await?;
    let purge = async |purge| case.store.purge(&case.project, NONE, purge, 10).await;
    // What was purged before is forgotten all the same.
    assert_eq!(purge(Purge::Fields).await?, 1);
    assert_eq!(purge(Purge::Identity).await?, 1);
    assert_eq!(purge(Purge::Identity).await?, 0);
    assert!(case.store.get(&case.project, id).await?.is_none());
    let again = case.start(&report, LONG).await?;
    assert!(again.id > id, "ids are not used twice");
    Ok(())
}

pub(super) async fn in_batches<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    for number in 0..5 {
        case.finish(&case.report(&format!("A{number}"), 1)).await?;
    }
    let mut counts = Vec::new();
    for _ in 0..4 {
        let purge = case.store.purge(&case.project, NONE, Purge::Fields, 2);
        counts.push(purge.await?);
    }
    assert_eq!(counts, [2, 2, 1, 0]);
    Ok(())
}
