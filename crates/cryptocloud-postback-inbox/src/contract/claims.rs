use std::time::{Duration, Instant};

use super::case::{Case, Fails, LONG, NONE, amount, assert_refused, fields, operator, reason};
use crate::{
    Accepted, Attempt, ClaimQuery, Hold, HoldKind, Limits, Payment, Refusal, Report, ReportId,
    Settled, Settles, State, StoreError,
};

pub(super) async fn due_longest_comes_first<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let mut ids = Vec::new();
    for invoice in ["A", "B", "C"] {
        ids.push(case.receive(&case.report(invoice, 1)).await?.0);
    }
    let later = case.start(&case.report("D", 1), LONG).await?;
    case.store.fail(&later, "", LONG).await?;
    let claims = case.claim(10).await?;
    let claimed: Vec<ReportId> = claims.iter().map(|claim| claim.id).collect();
    assert_eq!(claimed, ids);
    Ok(())
}

pub(super) async fn no_more_than_asked_for<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    for number in 0..5 {
        case.receive(&case.report(&format!("A{number}"), 1)).await?;
    }
    assert_eq!(case.claim(2).await?.len(), 2);
    assert_eq!(case.claim(2).await?.len(), 2);
    assert_eq!(case.claim(2).await?.len(), 1);
    assert_eq!(case.claim(2).await?.len(), 0);
    Ok(())
}

pub(super) async fn fences_grow<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let mut last = case.start(&case.report("A", 1), LONG).await?;
    assert!(last.fence.number() > 0);
    for round in 0..4 {
        match round {
            0 => case.store.fail(&last, "", NONE).await?,
            1 => case.store.postpone(&last, "", NONE).await?,
            2 => {
                case.store.hold(&last, &reason()).await?;
                let by = operator();
                case.store.retry(&case.project, last.id, &by).await?;
            }
            _ => case.store.renew(&last, NONE).await?,
        }
        let next = case.claim_one().await?;
        assert!(next.fence > last.fence, "{next} after {last}");
        last = next;
    }
    let other = case.start(&case.report("B", 1), LONG).await?;
    let third = case.start(&case.report("C", 1), LONG).await?;
    assert_ne!(other.fence, third.fence, "the first fence is random");
    Ok(())
}

pub(super) async fn attempts_count<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let first = case.start(&case.report("A", 1), LONG).await?;
    assert_eq!(first.attempt, 1);
    case.store.fail(&first, "disk full", NONE).await?;
    let record = case.get(first.id).await?;
    assert_eq!(record.last_error.as_deref(), Some("disk full"));
    let second = case.claim_one().await?;
    assert_eq!(second.attempt, 2);
    case.store.postpone(&second, "vendor is down", NONE).await?;
    let again = case.claim_one().await?;
    assert_eq!(again.attempt, 2);
    case.store.renew(&again, NONE).await?;
    assert_eq!(case.claim_one().await?.attempt, 3);
    Ok(())
}

pub(super) async fn late_moves_change_nothing<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let late = case.start(&case.report("A", 1), NONE).await?;
    let current = case.claim_one().await?;
    let before = case.get(late.id).await?;
    assert_refused(case.store.renew(&late, LONG).await, Refusal::Stale);
    assert_refused(case.store.hold(&late, &reason()).await, Refusal::Stale);
    assert_refused(case.store.fail(&late, "", NONE).await, Refusal::Stale);
    assert_refused(case.store.postpone(&late, "", NONE).await, Refusal::Stale);
    assert!(matches!(case.settle(&late).await, Settled::Stale));
    assert_eq!(case.get(late.id).await?, before);
    assert!(matches!(case.settle(&current).await, Settled::Done));
    assert!(matches!(case.settle(&current).await, Settled::Stale));
    Ok(())
}

pub(super) async fn ended_lease_is_still_held<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let claim = case.start(&case.report("A", 1), NONE).await?;
    assert!(matches!(case.settle(&claim).await, Settled::Done));
    assert!(case.claim(10).await?.is_empty());
    Ok(())
}

pub(super) async fn renewed_lease_is_not_taken_over<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let claim = case.start(&case.report("A", 1), NONE).await?;
    case.store.renew(&claim, LONG).await?;
    assert!(case.claim(10).await?.is_empty());
    Ok(())
}

fn at_once() -> ClaimQuery {
    ClaimQuery {
        limit: 10,
        lease: NONE,
        retry_span: Duration::ZERO,
    }
}

pub(super) async fn used_up_says_so<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let store = &case.store;
    // A first lease that ended is not a failure that lasts, however short the span is.
    let crashed = case.start(&case.report("A", 1), NONE).await?;
    let claimed = store.claim(&case.project, at_once()).await?;
    assert_eq!(claimed.claims.len(), 1);
    let claimed = store.claim(&case.project, at_once()).await?;
    assert_eq!(claimed.used_up, [crashed.id]);
    let record = case.get(crashed.id).await?;
    case.assert_state(&record, State::Held);
    let kind = record.hold.map(|hold| hold.kind);
    assert_eq!(kind, Some(HoldKind::AttemptsUsedUp));
    Ok(())
}

pub(super) async fn postponed_is_never_used_up<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let first = case.start(&case.report("A", 1), LONG).await?;
    case.store.fail(&first, "", NONE).await?;
    let second = case.claim_one().await?;
    case.store.postpone(&second, "", NONE).await?;
    let claimed = case.store.claim(&case.project, at_once()).await?;
    assert_eq!(claimed.claims.len(), 1, "{claimed:?}");
    Ok(())
}

pub(super) async fn handler_failure_rolls_back<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let claim = case.start(&case.report("A", 1), LONG).await?;
    let payment = Payment::new(claim.clone());
    let limits = Limits::default();
    let settled = case
        .store
        .settle(Attempt::new(&Fails, &limits, &payment))
        .await;
    assert!(matches!(settled, Settled::Failed(_)), "{settled:?}");
    let record = case.get(claim.id).await?;
    case.assert_state(&record, State::Running);
    assert!(matches!(case.settle(&claim).await, Settled::Done));
    Ok(())
}

/// How long a report waits counts from its arrival, and anew from an accept, an operator's retry, a
/// promotion and reconciliation.
pub(super) async fn age_begins_anew<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let (store, project) = (&case.store, &*case.project);
    let waiting = case.start(&case.report("B", 1), LONG).await?;
    let (conflict, _) = case.receive(&case.report("B", 2)).await?;
    let unconfirmed = Hold::new(HoldKind::Unconfirmed, "");
    let mut claim = case.start(&case.report("A", 1), LONG).await?;
    assert_eq!(claim.age, NONE);
    // Neither a failure nor a postponement makes it young again.
    for round in 0.. {
        match round % 2 {
            0 => store.fail(&claim, "", NONE).await?,
            _ => store.postpone(&claim, "", NONE).await?,
        }
        let again = case.claim_one().await?;
        assert!(again.age >= claim.age, "{again:?} after {claim:?}");
        claim = again;
        if claim.age >= OLD {
            break;
        }
    }
    for round in 0..4 {
        let began = Instant::now();
        match round {
            0 => {
                store.hold(&claim, &reason()).await?;
                store
                    .accept(project, claim.id, &Accepted::new(amount(1)), &operator())
                    .await?;
            }
            1 => {
                store.hold(&claim, &reason()).await?;
                store.retry(project, claim.id, &operator()).await?;
            }
            2 => {
                store.hold(&claim, &unconfirmed).await?;
                let report = Report::reconciled(case.identity("A"), fields(1));
                store.reconcile(&report, None).await?;
            }
            _ => {
                store.hold(&waiting, &reason()).await?;
                assert_eq!(store.promote(project, 10).await?, [conflict]);
            }
        }
        claim = case.claim_one().await?;
        // If it had not begun anew, it would be that much older.
        let passed = began.elapsed();
        assert!(claim.age < passed + OLD / 2, "{round}: {:?}", claim.age);
        while claim.age < OLD {
            store.renew(&claim, NONE).await?;
            claim = case.claim_one().await?;
        }
    }
    Ok(())
}

/// How late a worker was counts from the end of the delay or the lease, whatever the age.
pub(super) async fn lag_counts_from_the_due_time<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let store = &case.store;
    let mut claim = case.start(&case.report("A", 1), LONG).await?;
    assert_eq!(claim.lag, NONE);
    for round in 0..4 {
        let began = Instant::now();
        match round {
            0 => store.fail(&claim, "", NONE).await?,
            1 => store.postpone(&claim, "", NONE).await?,
            _ => store.renew(&claim, NONE).await?,
        }
        let (is_late, due) = (round < 3, Instant::now());
        while is_late && due.elapsed() < OLD {
            store.now().await?;
        }
        claim = case.claim_one().await?;
        // In the last round it would be much later if it counted from anything else.
        let (lag, passed) = (claim.lag, began.elapsed());
        assert!(lag < passed + OLD / 2, "{round}: {lag:?} of {passed:?}");
        assert!(!is_late || lag >= OLD / 2, "{round}: {lag:?}");
    }
    assert!(claim.age >= OLD, "{claim:?}");
    Ok(())
}

/// So long that clocks which tick in milliseconds do not matter.
const OLD: Duration = Duration::from_millis(100);
