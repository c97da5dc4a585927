use cryptocloud_postback::UnixTime;

use super::case::{Case, LONG, NONE, assert_refused, fields};
use crate::{Begin, Hold, HoldKind, Refusal, Report, Settled, Settles, Source, State, StoreError};

pub(super) async fn adopted_by_the_first_postback<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let report = Report::reconciled(case.identity("A"), fields(5));
    let id = case.store.reconcile(&report, None).await?;
    let record = case.get(id).await?;
    case.assert_state(&record, State::Received);
    assert_eq!(record.report, report);
    assert_refused(case.store.reconcile(&report, None).await, Refusal::Blocked);

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
    assert_eq!(case.store.reconcile(&report, None).await?, claim.id);
    let again = case.claim_one().await?;
    assert_eq!((again.id, again.attempt), (claim.id, 1));
    Ok(())
}

/// So that what the postback reports falsely does not keep the payment out.
pub(super) async fn stored_beside_one_that_differs<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let forged = case.start(&case.report("A", 9), LONG).await?;
    let hold = Hold::new(HoldKind::Differs, "amount");
    case.store.hold(&forged, &hold).await?;
    let report = Report::reconciled(case.identity("A"), fields(1));
    let id = case.store.reconcile(&report, None).await?;
    assert_ne!(id, forged.id);
    let claim = case.claim_one().await?;
    assert_eq!((claim.id, &claim.report), (id, &report));
    assert!(matches!(case.settle(&claim).await, Settled::Done));
    let forged = case.get(forged.id).await?;
    assert_eq!((forged.state, forged.hold), (State::Held, Some(hold)));
    Ok(())
}

pub(super) async fn starts_once_and_has_a_cursor<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let (store, project) = (&case.store, &*case.project);
    let begin = || store.begin_reconciliation(project, LONG, Begin::IfDue);
    let Some(first) = begin().await? else {
        panic!("the first turn is due at once");
    };
    assert!(first.started_at <= store.now().await?);
    assert_eq!((&*first.project, first.cursor), (project, None));
    let mut last = first.clone();
    for (cursor, expected) in [
        (None, None),
        (Some(5), Some(5)),
        (None, Some(5)),
        (Some(7), Some(7)),
    ] {
        let cursor = cursor.map(UnixTime::from_secs);
        store.end_reconciliation(&last, cursor, NONE).await?;
        let Some(turn) = begin().await? else {
            panic!("the next turn is due at once");
        };
        assert!(turn.fence > last.fence, "{turn:?} after {last:?}");
        assert_eq!(turn.started_at, first.started_at);
        assert_eq!(turn.cursor, expected.map(UnixTime::from_secs));
        last = turn;
    }
    let other = Case::new("other", case.store.clone());
    let begun = store.begin_reconciliation(&other.project, LONG, Begin::IfDue);
    let Some(other) = begun.await? else {
        panic!("another project has turns of its own");
    };
    assert_eq!(other.cursor, None);
    assert_ne!(other.fence, first.fence, "the first fence is random");
    Ok(())
}

pub(super) async fn one_turn_at_a_time<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let (store, project) = (&case.store, &*case.project);
    let begin = |lease, begin| store.begin_reconciliation(project, lease, begin);
    let Some(first) = begin(LONG, Begin::IfDue).await? else {
        panic!("the first turn is due at once");
    };
    assert_eq!(begin(LONG, Begin::IfDue).await?, None, "another one has it");
    store.end_reconciliation(&first, None, LONG).await?;
    assert_eq!(begin(LONG, Begin::IfDue).await?, None, "it is not due");
    // An operator does not wait, and the lease ends at once.
    let Some(second) = begin(NONE, Begin::Now).await? else {
        panic!("an operator gets a turn");
    };
    let Some(third) = begin(LONG, Begin::IfDue).await? else {
        panic!("the lease is over");
    };
    let late = UnixTime::from_secs(9);
    for stale in [&first, &second] {
        let ended = store.end_reconciliation(stale, Some(late), NONE).await;
        assert_refused(ended, Refusal::Stale);
    }
    assert_eq!(
        begin(LONG, Begin::IfDue).await?,
        None,
        "the third one has it"
    );
    let Some(fourth) = begin(LONG, Begin::Now).await? else {
        panic!("an operator takes the turn away");
    };
    assert_eq!(fourth.cursor, None);
    assert_refused(
        store.end_reconciliation(&third, None, NONE).await,
        Refusal::Stale,
    );
    store.end_reconciliation(&fourth, Some(late), NONE).await?;
    Ok(())
}
