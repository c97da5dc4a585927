use std::time::Duration;

use super::{Case, LONG, acquired, is_in_flight};
use crate::{Claim, ClaimId, StoreError};

pub(crate) async fn in_batches(case: &Case) -> Result<(), StoreError> {
    let ids: Vec<String> = (0..5).map(|number| format!("ID{number}")).collect();
    for id in &ids {
        case.finish(&case.report(id, 1)).await?;
    }
    let mut purged = Vec::new();
    for _ in 0..4 {
        let batch = case.store().purge(&case.project, Duration::ZERO, 2).await?;
        purged.push(batch);
    }
    assert_eq!(purged, [2, 2, 1, 0]);
    for id in &ids {
        case.acquire(&case.report(id, 2)).await?;
    }
    Ok(())
}

pub(crate) async fn young_live_and_open_stay(case: &Case) -> Result<(), StoreError> {
    let done = case.report("DONE", 1);
    case.finish(&done).await?;
    let live = case.report("LIVE", 1);
    case.acquire(&live).await?;
    let crashed = case.report("CRASHED", 1);
    case.crash(&crashed).await?;
    let (open, refused) = (case.report("DONE", 2), case.report("DONE", 3));
    for later in [&open, &refused] {
        assert_eq!(case.claim(later).await?, Claim::Conflict);
    }
    case.store().discard(&ClaimId::from(&refused)).await?;
    let released = case.acquire(&case.report("FREE", 1)).await?;
    case.store().release(&released).await?;
    let other = format!("{}2", case.project);

    assert_eq!(case.store().purge(&case.project, LONG, 100).await?, 0);
    let none = case.store().purge(&other, Duration::ZERO, 100).await?;
    assert_eq!(none, 0, "another project's");
    assert_eq!(case.claim(&done).await?, Claim::Done);

    let purged = case
        .store()
        .purge(&case.project, Duration::ZERO, 100)
        .await?;
    assert_eq!(purged, 3, "done, discarded and released");
    assert!(is_in_flight(&case.claim(&live).await?));
    assert_eq!(case.open().await?.first(), Some(&open));
    // What crashed is still a sign that a payment was not processed.
    assert_eq!(
        case.claim(&case.report("CRASHED", 2)).await?,
        Claim::Conflict
    );
    case.take_over(&crashed).await?;
    acquired(case.accept(&open).await?);
    Ok(())
}

pub(crate) async fn claimed_again_stays(case: &Case) -> Result<(), StoreError> {
    let report = case.report("A", 1);
    let lease = case.acquire(&report).await?;
    case.store().release(&lease).await?;
    case.acquire(&report).await?;
    let purged = case
        .store()
        .purge(&case.project, Duration::ZERO, 100)
        .await?;
    assert_eq!(purged, 0);
    assert!(is_in_flight(&case.claim(&report).await?));
    Ok(())
}

pub(crate) async fn first_one_stays_beside_what_is_purged(case: &Case) -> Result<(), StoreError> {
    let (first, later) = (case.report("A", 1), case.report("A", 2));
    case.acquire(&first).await?;
    assert_eq!(case.claim(&later).await?, Claim::Conflict);
    case.store().discard(&ClaimId::from(&later)).await?;
    let purged = case
        .store()
        .purge(&case.project, Duration::ZERO, 100)
        .await?;
    assert_eq!(purged, 1);
    let other = case.report("A", 3);
    assert_eq!(case.claim(&other).await?, Claim::Conflict);
    Ok(())
}

/// Whoever holds a valid token can have any number of reports refused by the handler.
pub(crate) async fn only_the_last_release_is_remembered(case: &Case) -> Result<(), StoreError> {
    let lease = case.acquire(&case.report("B", 1)).await?;
    case.store().release(&lease).await?;
    for amount in 0..5 {
        let lease = case.acquire(&case.report("A", amount)).await?;
        case.store().release(&lease).await?;
    }
    let purged = case
        .store()
        .purge(&case.project, Duration::ZERO, 100)
        .await?;
    assert_eq!(purged, 2, "one of each invoice");
    Ok(())
}
