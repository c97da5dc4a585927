//! What the vendor states as paid beyond what operators decided about.

use super::{
    case::{Case, LONG, accepted, amount, assert_refused, fields, operator, rest},
    races::{RACERS, race},
};
use crate::{Accepted, Refusal, Report, Settled, Settles, Source, Start, State, StoreError};

/// An operator accepted a part, and the vendor states more: one conflict says so, which the postback
/// adopts, and which no worker credits.
pub(super) async fn of_an_accepted_part_is_a_conflict<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let part = case.decided(&case.report("A", 1), true).await?;
    let report = Report::reconciled(case.identity("A"), fields(5));
    assert_refused(case.store.reconcile(&report, None).await, Refusal::Blocked);
    let hold = rest();
    let id = case.store.reconcile(&report, Some(&hold)).await?;
    let record = case.get(id).await?;
    case.assert_state(&record, State::Conflict);
    assert_eq!(
        (&record.report, &record.hold),
        (&report, &Some(hold.clone()))
    );
    // Once, although it is no longer asked about an operator's decision.
    let again = case.store.reconcile(&report, Some(&hold)).await;
    assert_refused(again, Refusal::Blocked);

    assert_eq!(case.store.promote(&case.project, 10).await?, []);
    assert!(case.claim(10).await?.is_empty());
    let by = operator();
    let accepted = Accepted::new(amount(4));
    let accepted = case.store.accept(&case.project, id, &accepted, &by).await;
    assert_refused(accepted, Refusal::Blocked);
    // The postback comes after all: it is this conflict. A resend of the part stays what it was.
    let postback = case.report("A", 5);
    assert_eq!(case.receive(&postback).await?, (id, State::Conflict));
    assert_eq!(case.receive(&postback).await?, (id, State::Conflict));
    let resend = case.receive(&case.report("A", 1)).await?;
    assert_eq!(resend, (part, State::Done));

    // The operator has credited it by other means, and then still more is paid.
    case.store.discard(&case.project, id, &by).await?;
    let report = Report::reconciled(case.identity("A"), fields(6));
    let more = case.store.reconcile(&report, Some(&hold)).await?;
    case.assert_state(&case.get(more).await?, State::Conflict);
    assert_eq!(case.store.find(&case.project, "A").await?.len(), 3);
    Ok(())
}

/// An operator dismissed a part, so the rest is not credited until an operator says so.
pub(super) async fn of_a_discarded_part_is_held<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    case.decided(&case.report("A", 1), false).await?;
    let report = Report::reconciled(case.identity("A"), fields(5));
    let refused = case.store.reconcile(&report, None).await;
    assert_refused(refused, Refusal::Discarded);
    let hold = rest();
    let id = case.store.reconcile(&report, Some(&hold)).await?;
    let record = case.get(id).await?;
    case.assert_state(&record, State::Held);
    assert_eq!(record.hold, Some(hold.clone()));
    let again = case.store.reconcile(&report, Some(&hold)).await;
    assert_refused(again, Refusal::Discarded);
    assert!(case.claim(10).await?.is_empty());
    assert_eq!(case.receive(&case.report("A", 5)).await?, (id, State::Held));

    let accepted = accepted(5, "ORDER_1");
    let by = operator();
    case.store.accept(&case.project, id, &accepted, &by).await?;
    let claim = case.claim_one().await?;
    assert!(matches!(case.settle(&claim).await, Settled::Done));
    let report = Report::reconciled(case.identity("A"), fields(6));
    let more = case.store.reconcile(&report, Some(&hold)).await?;
    case.assert_state(&case.get(more).await?, State::Conflict);
    Ok(())
}

/// What changed since the caller looked counts: beside a report that no operator decided about, the
/// rest is not stored.
pub(super) async fn is_only_stored_beside_decided_reports<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let hold = rest();
    let reconcile = async |invoice: &str| {
        let report = Report::reconciled(case.identity(invoice), fields(5));
        case.store.reconcile(&report, Some(&hold)).await
    };
    // The handler settled it by itself.
    case.finish(&case.report("A", 1)).await?;
    assert_refused(reconcile("A").await, Refusal::Blocked);
    // The postback of the rest was first.
    case.decided(&case.report("B", 1), true).await?;
    let (_, state) = case.receive(&case.report("B", 5)).await?;
    assert_eq!(state, State::Conflict);
    assert_refused(reconcile("B").await, Refusal::Blocked);
    case.decided(&case.report("C", 1), false).await?;
    let claim = case.start(&case.report("C", 5), LONG).await?;
    assert_refused(reconcile("C").await, Refusal::Blocked);
    case.store.fail(&claim, "", LONG).await?;
    assert_refused(reconcile("C").await, Refusal::Blocked);
    // Accepted, and not done yet.
    let id = case.held(&case.report("D", 1)).await?;
    let by = operator();
    case.store
        .accept(&case.project, id, &accepted(1, "ORDER_1"), &by)
        .await?;
    assert_refused(reconcile("D").await, Refusal::Blocked);
    // The retention has forgotten it.
    assert_refused(reconcile("E").await, Refusal::Known);
    Ok(())
}

/// Many find the rest of a payment while its postback arrives: it is stored once.
pub(super) async fn one_beside_its_postback<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    for (invoice, is_accepted) in [("A", true), ("B", false), ("C", true), ("D", false)] {
        case.decided(&case.report(invoice, 1), is_accepted).await?;
        let found = Report::reconciled(case.identity(invoice), fields(5));
        let postback = case.report(invoice, 5);
        let reports = [found, postback].into_iter().cycle().take(RACERS);
        let results = race(case, reports, |store, _, report: Report| async move {
            match report.source {
                Source::Reconciled => match store.reconcile(&report, Some(&rest())).await {
                    Err(error) if error.refusal().is_none() => Err(error),
                    _ => Ok(()),
                },
                _ => store.receive(&report, Start::Stored).await.map(drop),
            }
        });
        results.await?.into_iter().collect::<Result<(), _>>()?;
        let records = case.store.find(&case.project, invoice).await?;
        let [_, stored] = &*records else {
            panic!("the rest is stored once: {records:?}");
        };
        // After a part that was discarded, a postback runs, and only what the vendor states is held.
        let expected = match (is_accepted, stored.report.source) {
            (true, _) => State::Conflict,
            (false, Source::Reconciled) => State::Held,
            (false, _) => State::Received,
        };
        case.assert_state(stored, expected);
        let postback = case.receive(&case.report(invoice, 5)).await?;
        assert_eq!(postback, (stored.id, expected));
        case.claim(10).await?;
    }
    Ok(())
}
