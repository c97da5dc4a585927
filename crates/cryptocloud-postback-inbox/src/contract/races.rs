use std::sync::Arc;

use tokio::{sync::Barrier, task::JoinSet};

use super::{Case, LONG, acquired, is_in_flight};
use crate::{Claim, ClaimId, Report, StoreError, StoreErrorKind};

const RACERS: usize = 64;

/// Claims each report at once with all the others.
async fn race(case: &Case, reports: Vec<Report>) -> Result<Vec<(Report, Claim)>, StoreError> {
    let barrier = Arc::new(Barrier::new(reports.len()));
    let mut racers = JoinSet::new();
    for report in reports {
        let (store, barrier) = (Arc::clone(&case.fixture.store), Arc::clone(&barrier));
        racers.spawn(async move {
            barrier.wait().await;
            let claim = store.claim(&report, LONG).await?;
            Ok((report, claim))
        });
    }
    racers.join_all().await.into_iter().collect()
}

fn winners(claims: &[(Report, Claim)]) -> usize {
    let is_won = |claim: &&(Report, Claim)| matches!(claim.1, Claim::Acquired(_));
    claims.iter().filter(is_won).count()
}

pub(crate) async fn one_of_64_wins(case: &Case) -> Result<(), StoreError> {
    let reports = vec![case.report("A", 1); RACERS];
    let claims = race(case, reports).await?;
    assert_eq!(winners(&claims), 1);
    let waiting = claims.iter().filter(|(_, claim)| is_in_flight(claim));
    assert_eq!(waiting.count(), RACERS - 1);
    Ok(())
}

pub(crate) async fn one_of_64_takes_over(case: &Case) -> Result<(), StoreError> {
    let report = case.report("A", 1);
    case.crash(&report).await?;
    let mut won = 0;
    while won == 0 {
        won = winners(&race(case, vec![report.clone(); RACERS]).await?);
    }
    assert_eq!(won, 1);
    Ok(())
}

pub(crate) async fn one_of_two_reports_wins(case: &Case) -> Result<(), StoreError> {
    for invoice in ["A", "B", "C", "D"] {
        let amounts = (0..2).cycle().take(RACERS);
        let reports = amounts.map(|amount| case.report(invoice, amount)).collect();
        let claims = race(case, reports).await?;
        assert_eq!(winners(&claims), 1);
        let (winner, _) = claims
            .iter()
            .find(|(_, claim)| matches!(claim, Claim::Acquired(_)))
            .unwrap_or_else(|| panic!("one has won"));
        for (report, claim) in &claims {
            match report == winner {
                true => assert_ne!(*claim, Claim::Conflict),
                false => assert_eq!(*claim, Claim::Conflict),
            }
        }
    }
    assert_eq!(case.open().await?.len(), 4);
    Ok(())
}

pub(crate) async fn one_of_64_accepts(case: &Case) -> Result<(), StoreError> {
    let (first, later) = (case.report("A", 1), case.report("A", 2));
    case.finish(&first).await?;
    assert_eq!(case.claim(&later).await?, Claim::Conflict);
    let id = ClaimId::from(&later);
    let mut racers = JoinSet::new();
    for _ in 0..RACERS {
        let store = Arc::clone(&case.fixture.store);
        racers.spawn(async move { store.accept(&id, LONG).await });
    }
    let claims: Result<Vec<Claim>, StoreError> = racers.join_all().await.into_iter().collect();
    let won = claims?.into_iter().filter(|claim| !is_in_flight(claim));
    let won: Vec<Claim> = won.collect();
    assert_eq!(won.len(), 1, "{won:?}");
    won.into_iter().map(acquired).for_each(drop);
    Ok(())
}

/// Winners release at once, so that claims, releases and conflicts of three reports overlap.
///
/// Whoever has acquired it can release it: nobody else may have got it meanwhile.
pub(crate) async fn released_under_claimers(case: &Case) -> Result<(), StoreError> {
    let mut racers = JoinSet::new();
    for number in (0..3).cycle().take(RACERS) {
        let store = Arc::clone(&case.fixture.store);
        let report = case.report("A", number);
        racers.spawn(async move {
            for _ in 0..4 {
                if let Claim::Acquired(lease) = store.claim(&report, LONG).await? {
                    store.release(&lease).await?;
                }
            }
            Ok(())
        });
    }
    let results: Result<Vec<()>, StoreError> = racers.join_all().await.into_iter().collect();
    results?;
    // Nobody holds it any more, so it can be had.
    let lease = case.acquire(&case.report("A", 1)).await?;
    case.store().complete(&lease).await?;
    match case.store().release(&lease).await {
        Err(error) => assert_eq!(error.kind(), StoreErrorKind::StaleLease),
        Ok(()) => panic!("a payment that is done was released"),
    }
    Ok(())
}
