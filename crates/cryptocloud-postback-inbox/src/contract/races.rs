use std::{collections::HashSet, sync::Arc};

use tokio::{sync::Barrier, task::JoinSet};

use super::case::{Case, LONG, NONE, accepted, amount, operator, reason};
use crate::{
    Accepted, Attempt, Begin, Claim, ClaimQuery, Limits, Payment, Receipt, Refusal, Report,
    ReportId, Settled, Settles, Start, State, StoreError, Turn,
};

pub(super) const RACERS: usize = 64;

/// Lets all of them begin at once.
pub(super) async fn race<S, T, F>(
    case: &Case<S>,
    runners: impl IntoIterator<Item = T>,
    run: impl Fn(Arc<S>, String, T) -> F + Clone + Send + 'static,
) -> Result<Vec<F::Output>, StoreError>
where
    S: Settles,
    T: Send + 'static,
    F: Future<Output: Send + 'static> + Send,
{
    let runners: Vec<T> = runners.into_iter().collect();
    let barrier = Arc::new(Barrier::new(runners.len()));
    let mut racers = JoinSet::new();
    for runner in runners {
        let (store, barrier, run) = (case.store.clone(), barrier.clone(), run.clone());
        let project = case.project.clone();
        racers.spawn(async move {
            barrier.wait().await;
            run(store, project, runner).await
        });
    }
    Ok(racers.join_all().await)
}

async fn receive_all<S: Settles>(
    case: &Case<S>,
    reports: Vec<Report>,
) -> Result<Vec<Receipt>, StoreError> {
    let receipts = race(case, reports, |store, _, report: Report| async move {
        store.receive(&report, Start::Claimed(LONG)).await
    });
    receipts.await?.into_iter().collect()
}

fn count_claims(receipts: &[Receipt]) -> usize {
    let is_claimed = |receipt: &&Receipt| matches!(receipt, Receipt::Claimed(_));
    receipts.iter().filter(is_claimed).count()
}

pub(super) async fn one_of_many_receives<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let receipts = receive_all(case, vec![case.report("A", 1); RACERS]).await?;
    assert_eq!(count_claims(&receipts), 1);
    assert_eq!(case.store.find(&case.project, "A").await?.len(), 1);
    Ok(())
}

pub(super) async fn one_of_two_reports_blocks<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    for invoice in ["A", "B", "C", "D"] {
        let amounts = (0..2).cycle().take(RACERS);
        let reports = amounts.map(|amount| case.report(invoice, amount)).collect();
        let receipts = receive_all(case, reports).await?;
        assert_eq!(count_claims(&receipts), 1);
        let records = case.store.find(&case.project, invoice).await?;
        let states: HashSet<State> = records.iter().map(|record| record.state).collect();
        assert_eq!(records.len(), 2);
        assert_eq!(states, HashSet::from([State::Running, State::Conflict]));
    }
    Ok(())
}

pub(super) async fn one_of_many_claims<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    case.receive(&case.report("A", 1)).await?;
    let claims = claim_all(case, RACERS, 10).await?;
    assert_eq!(claims.len(), 1, "{claims:?}");
    // The same for a lease that ended.
    for claim in &claims {
        case.store.renew(claim, NONE).await?;
    }
    let taken_over = claim_all(case, RACERS, 10).await?;
    assert_eq!(taken_over.len(), 1, "{taken_over:?}");
    Ok(())
}

/// Several workers claim from one queue: each report goes to one of them, and none is left behind.
pub(super) async fn many_due_are_shared<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let mut received = HashSet::new();
    for number in 0..40 {
        let report = case.report(&format!("A{number}"), 1);
        received.insert(case.receive(&report).await?.0);
    }
    let mut claims = claim_all(case, 8, 5).await?;
    // A worker that finds all rows locked may have got fewer.
    claims.extend(case.claim(100).await?);
    let ids: HashSet<ReportId> = claims.iter().map(|claim| claim.id).collect();
    assert_eq!(claims.len(), 40);
    assert_eq!(ids, received);
    Ok(())
}

async fn claim_all<S: Settles>(
    case: &Case<S>,
    workers: usize,
    limit: u32,
) -> Result<Vec<Claim>, StoreError> {
    let query = ClaimQuery {
        limit,
        lease: LONG,
        retry_span: LONG,
    };
    let claimed = race(case, 0..workers, move |store, project, _| async move {
        store.claim(&project, query).await
    });
    let claimed: Result<Vec<_>, StoreError> = claimed.await?.into_iter().collect();
    let claims = claimed?.into_iter().flat_map(|claimed| claimed.claims);
    Ok(claims.collect())
}

pub(super) async fn one_of_two_is_accepted<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    for invoice in ["A", "B", "C", "D"] {
        let first = case.held(&case.report(invoice, 1)).await?;
        let second = case.held(&case.report(invoice, 2)).await?;
        let ids = [first, second].into_iter().cycle().take(RACERS);
        let accepted = race(case, ids, |store, project, id: ReportId| async move {
            let accepted = Accepted::new(amount(1));
            store.accept(&project, id, &accepted, &operator()).await
        });
        let mut count = 0;
        for result in accepted.await? {
            match result.map_err(|error| error.refusal()) {
                Ok(()) => count += 1,
                Err(Some(Refusal::Blocked | Refusal::State)) => (),
                Err(refusal) => panic!("{refusal:?}"),
            }
        }
        assert_eq!(count, 1);
        let claim = case.claim_one().await?;
        case.store.hold(&claim, &reason()).await?;
    }
    Ok(())
}

/// Operators name different orders for one report at once: the payment carries that of the one who won.
pub(super) async fn one_of_two_orders_is_accepted<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    for invoice in ["A", "B", "C", "D"] {
        let id = case.held(&case.report(invoice, 1)).await?;
        let orders = ["ORDER_2", "ORDER_3"].into_iter().cycle().take(RACERS);
        let results = race(case, orders, move |store, project, order| async move {
            let by = operator();
            let result = store.accept(&project, id, &accepted(1, order), &by).await;
            result.map(|()| order)
        });
        let mut winners = Vec::new();
        for result in results.await? {
            match result.map_err(|error| error.refusal()) {
                Ok(order) => winners.push(order),
                Err(Some(Refusal::State)) => (),
                Err(refusal) => panic!("{refusal:?}"),
            }
        }
        let [winner] = *winners else {
            panic!("one of them wins: {winners:?}");
        };
        let claim = case.claim_one().await?;
        assert_eq!(claim.accepted, Some(accepted(1, winner)));
        let history = case.store.history(&case.project, id).await?;
        let named: Vec<_> = history.iter().map(|one| one.accepted.as_ref()).collect();
        assert_eq!(named, [claim.accepted.as_ref()]);
        case.store.hold(&claim, &reason()).await?;
    }
    Ok(())
}

/// The holder of an ended lease settles while others take over: exactly one claim is settled.
pub(super) async fn one_settles<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    for invoice in ["A", "B", "C", "D"] {
        let claim = case.start(&case.report(invoice, 1), NONE).await?;
        let claims = (0..8).map(|number| (number == 0).then(|| claim.clone()));
        let settled = race(case, claims, |store, project, claim| async move {
            let query = ClaimQuery {
                limit: 10,
                lease: LONG,
                retry_span: LONG,
            };
            let claims = match claim {
                Some(claim) => vec![claim],
                None => store.claim(&project, query).await?.claims,
            };
            let mut done = 0;
            for claim in claims {
                done += u32::from(settles(&*store, claim).await);
            }
            Ok::<_, StoreError>(done)
        });
        let done: Result<Vec<u32>, StoreError> = settled.await?.into_iter().collect();
        assert_eq!(done?.into_iter().sum::<u32>(), 1);
        let record = case.get(claim.id).await?;
        case.assert_state(&record, State::Done);
    }
    Ok(())
}

pub(super) async fn one_of_many_reconciles<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let begin = |lease| {
        race(case, 0..RACERS, move |store, project, _| async move {
            let begun = store.begin_reconciliation(&project, lease, Begin::IfDue);
            begun.await
        })
    };
    let begun: Result<Vec<_>, StoreError> = begin(LONG).await?.into_iter().collect();
    let turns: Vec<Turn> = begun?.into_iter().flatten().collect();
    let [turn] = &*turns else {
        panic!("one of them has the turn: {turns:?}");
    };
    case.store.end_reconciliation(turn, None, NONE).await?;
    let begun: Result<Vec<_>, StoreError> = begin(LONG).await?.into_iter().collect();
    assert_eq!(begun?.into_iter().flatten().count(), 1);
    Ok(())
}

async fn settles<S: Settles>(store: &S, claim: Claim) -> bool {
    let payment = Payment::new(claim);
    let limits = Limits::default();
    let attempt = Attempt::new(&super::case::Succeeds, &limits, &payment);
    match store.settle(attempt).await {
        Settled::Done => true,
        Settled::Stale => false,
        settled => panic!("settle returned {settled:?}"),
    }
}
