use super::case::{Case, LONG, NONE, accepted, amount, assert_refused, fields, operator, reason};
use crate::{
    Accepted, ClaimQuery, Decision, Event, Refusal, ReportId, Settled, Settles, State, StoreError,
    StoreErrorKind,
};

pub(super) async fn accepted_amount_and_order_reach_the_handler<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let id = case.held(&case.report("A", 1)).await?;
    let (by, accepted) = (operator(), accepted(7, "ORDER_2"));
    case.store.accept(&case.project, id, &accepted, &by).await?;
    let claim = case.claim_one().await?;
    assert_eq!(claim.accepted.as_ref(), Some(&accepted));
    assert_eq!(claim.report.fields, fields(1));
    // A retry keeps it.
    case.store.fail(&claim, "", LONG).await?;
    case.store.retry(&case.project, id, &by).await?;
    let claim = case.claim_one().await?;
    assert_eq!(claim.accepted.as_ref(), Some(&accepted));
    assert!(matches!(case.settle(&claim).await, Settled::Done));
    assert_eq!(case.get(id).await?.accepted, Some(accepted));
    Ok(())
}

/// An amount without an order leaves none from before.
pub(super) async fn accepted_again_names_all_anew<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let id = case.held(&case.report("A", 1)).await?;
    let named = [
        accepted(7, "ORDER_2"),
        Accepted::new(amount(5)),
        accepted(6, "ORDER_3"),
    ];
    for accepted in named {
        let by = operator();
        case.store.accept(&case.project, id, &accepted, &by).await?;
        let claim = case.claim_one().await?;
        assert_eq!(claim.accepted, Some(accepted));
        case.store.hold(&claim, &reason()).await?;
    }
    Ok(())
}

/// An operator's decision resets attempts and age.
pub(super) async fn start_over<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let used_up = ClaimQuery {
        limit: 10,
        lease: NONE,
        retry_span: NONE,
    };
    let claim = case.start(&case.report("A", 1), LONG).await?;
    case.store.fail(&claim, "", NONE).await?;
    for is_accepted in [true, false] {
        let claimed = case.store.claim(&case.project, used_up).await?;
        assert_eq!(claimed.used_up, [claim.id]);
        let (project, by) = (&case.project, operator());
        match is_accepted {
            true => {
                case.store
                    .accept(project, claim.id, &Accepted::new(amount(1)), &by)
                    .await?
            }
            false => case.store.retry(project, claim.id, &by).await?,
        }
        let record = case.get(claim.id).await?;
        case.assert_state(&record, State::Received);
        assert_eq!(record.attempts, 0);
        let again = case.claim_one().await?;
        assert_eq!(again.attempt, 1);
        // It has not been failing before its first failure.
        case.store.renew(&again, NONE).await?;
        let claimed = case.store.claim(&case.project, used_up).await?;
        assert_eq!(claimed.claims.len(), 1, "{claimed:?}");
    }
    Ok(())
}

pub(super) async fn history_says_who_and_when<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let (store, project) = (&case.store, &case.project);
    let id = case.held(&case.report("A", 1)).await?;
    assert!(store.history(project, id).await?.is_empty());
    let named = accepted(5, "ORDER_2");
    let accepted = Decision::by("anna").note("paid by bank transfer: 5 €");
    store.accept(project, id, &named, &accepted).await?;
    let claim = case.claim_one().await?;
    store.fail(&claim, "", LONG).await?;
    store.retry(project, id, &Decision::by("ben")).await?;
    let claim = case.claim_one().await?;
    store.hold(&claim, &reason()).await?;
    let discarded = Decision::by("o'neil").note("");
    store.discard(project, id, &discarded).await?;
    let history = store.history(project, id).await?;
    let short: Vec<_> = history
        .iter()
        .map(|decided| {
            (
                &decided.decision,
                decided.event,
                decided.from,
                decided.accepted.as_ref(),
            )
        })
        .collect();
    let ben = Decision::by("ben");
    assert_eq!(
        short,
        [
            (&accepted, Event::Accept, State::Held, Some(&named)),
            (&ben, Event::Retry, State::Failed, None),
            (&discarded, Event::Discard, State::Held, None),
        ]
    );
    assert!(history.is_sorted_by_key(|decided| decided.at));
    Ok(())
}

pub(super) async fn promoted_when_the_first_is_held<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let forged = case.start(&case.report("A", 9), LONG).await?;
    let (genuine, state) = case.receive(&case.report("A", 1)).await?;
    assert_eq!(state, State::Conflict);
    assert!(case.store.promote(&case.project, 10).await?.is_empty());
    case.store.hold(&forged, &reason()).await?;
    assert_eq!(case.store.promote(&case.project, 10).await?, [genuine]);
    let claim = case.claim_one().await?;
    assert_eq!((claim.id, claim.attempt), (genuine, 1));
    assert!(matches!(case.settle(&claim).await, Settled::Done));
    let (store, by) = (&case.store, operator());
    let nine = Accepted::new(amount(9));
    let accepted = store.accept(&case.project, forged.id, &nine, &by).await;
    assert_refused(accepted, Refusal::Blocked);
    Ok(())
}

pub(super) async fn oldest_is_promoted<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let mut oldest: Vec<ReportId> = Vec::new();
    for invoice in ["A", "B", "C"] {
        let first = case.start(&case.report(invoice, 1), LONG).await?;
        oldest.push(case.receive(&case.report(invoice, 2)).await?.0);
        case.receive(&case.report(invoice, 3)).await?;
        case.store.hold(&first, &reason()).await?;
    }
    let mut promoted = case.store.promote(&case.project, 2).await?;
    assert_eq!(promoted.len(), 2);
    promoted.extend(case.store.promote(&case.project, 2).await?);
    promoted.sort_unstable();
    assert_eq!(promoted, oldest);
    assert!(case.store.promote(&case.project, 2).await?.is_empty());
    Ok(())
}

pub(super) async fn unknown_and_foreign_ids<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    #[track_caller]
    fn check(result: Result<(), StoreError>) {
        let kind = result.map_err(|error| error.kind());
        assert_eq!(kind, Err(StoreErrorKind::NotFound));
    }
    let other = Case::new("other", case.store.clone());
    let foreign = other.held(&other.report("A", 1)).await?;
    for number in [foreign.number(), 0, -1, i64::MIN, i64::MAX] {
        let id = ReportId::from_number(number);
        let (store, project, by) = (&case.store, &case.project, operator());
        check(
            store
                .accept(project, id, &Accepted::new(amount(1)), &by)
                .await,
        );
        check(store.retry(project, id, &by).await);
        check(store.discard(project, id, &by).await);
        assert!(store.get(project, id).await?.is_none());
        assert!(store.history(project, id).await?.is_empty());
    }
    let record = other.get(foreign).await?;
    other.assert_state(&record, State::Held);
    Ok(())
}
