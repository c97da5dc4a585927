use super::case::{Case, LONG, assert_refused, fields};
use crate::{Hold, HoldKind, Refusal, Report, Settled, Settles, Source, State, StoreError};

pub(super) async fn adopted_by_the_first_postback<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let report = Report::reconciled(case.identity("A"), fields(5));
    let id = case.store.reconcile(&report).await?;
    let record = case.get(id).await?;
    case.assert_state(&record, State::Received);
    assert_eq!(record.report, report);
    assert_refused(case.store.reconcile(&report).await, Refusal::Blocked);

    let claim = case.claim_one().await?;
    assert_eq!(claim.report.source, Source::Reconciled);
    assert!(matches!(case.settle(&claim).await, Settled::Done));
    // Whatever it reports, the first postback is this payment, and a later one with other fields is
    // not.
    let postback = case.report("A", 1);
    assert_eq!(case.receive(&postback).await?, (id, State::Done));
    assert_eq!(case.receive(&postback).await?, (id, State::Done));
    let record = case.get(id).await?;
    assert_eq!(record.report.fingerprint, postback.fingerprint);
    assert_eq!(record.report.fields.amount_crypto, fields(5).amount_crypto);
    assert_eq!(record.report.source, Source::Reconciled);
    let other = case.receive(&case.report("A", 2)).await?;
    assert_eq!(other.1, State::Conflict);
    Ok(())
}

pub(super) async fn unconfirmed_is_taken_up<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let claim = case.start(&case.report("A", 1), LONG).await?;
    let hold = Hold::new(HoldKind::Unconfirmed, "partial");
    case.store.hold(&claim, &hold).await?;
    assert_eq!(case.get(claim.id).await?.hold, Some(hold));
    let report = Report::reconciled(case.identity("A"), fields(1));
    assert_eq!(case.store.reconcile(&report).await?, claim.id);
    let again = case.claim_one().await?;
    assert_eq!((again.id, again.attempt), (claim.id, 1));
    Ok(())
}

pub(super) async fn starts_once<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let first = case.store.reconciles_from(&case.project).await?;
    assert!(first <= case.store.now().await?);
    assert_eq!(case.store.reconciles_from(&case.project).await?, first);
    Ok(())
}
