use std::time::Duration;

use super::{Case, LONG, SHORT, assert_kind, is_in_flight};
use crate::{
    Claim, Lease, Owner, StoreError,
    StoreErrorKind::{NotFound, StaleLease},
};

pub(crate) async fn expired_is_taken_over(case: &Case) -> Result<(), StoreError> {
    let report = case.report("A", 1);
    let crashed = case.crash(&report).await?;
    let lease = case.take_over(&report).await?;
    assert_ne!(lease.owner(), crashed.owner());
    assert!(is_in_flight(&case.claim(&report).await?));
    case.store().complete(&lease).await?;
    assert_eq!(case.claim(&report).await?, Claim::Done);
    Ok(())
}

pub(crate) async fn stale_holder_is_refused(case: &Case) -> Result<(), StoreError> {
    let report = case.report("A", 1);
    let stale = case.crash(&report).await?;
    let lease = case.take_over(&report).await?;
    assert_refused(case, &stale).await;
    // A right owner with a wrong number, and the other way round.
    assert_refused(
        case,
        &Lease::new(*lease.id(), *lease.owner(), stale.fence()),
    )
    .await;
    assert_refused(
        case,
        &Lease::new(*lease.id(), Owner::unique(), lease.fence()),
    )
    .await;
    // Both are right, but of another report, or of another invoice.
    for other in [case.report("A", 2), case.report("B", 1)] {
        let other = Lease::new((&other).into(), *lease.owner(), lease.fence());
        assert_refused(case, &other).await;
    }
    // It has changed nothing.
    assert!(is_in_flight(&case.claim(&report).await?));
    case.store().complete(&lease).await?;
    assert_refused(case, &stale).await;
    assert_eq!(case.claim(&report).await?, Claim::Done);
    Ok(())
}

pub(crate) async fn stale_holder_is_refused_after_a_release(case: &Case) -> Result<(), StoreError> {
    let report = case.report("A", 1);
    let stale = case.crash(&report).await?;
    let second = case.take_over(&report).await?;
    case.store().release(&second).await?;
    assert_refused(case, &stale).await;
    assert_refused(case, &second).await;
    let third = case.acquire(&report).await?;
    assert_refused(case, &stale).await;
    assert_refused(case, &second).await;
    case.store().complete(&third).await
}

async fn assert_refused(case: &Case, stale: &Lease) {
    assert_kind(case.store().complete(stale).await, StaleLease);
    assert_kind(case.store().release(stale).await, StaleLease);
    assert_kind(case.store().renew(stale, LONG).await, StaleLease);
}

pub(crate) async fn settled_is_neither_released_nor_renewed(case: &Case) -> Result<(), StoreError> {
    let report = case.report("A", 1);
    let lease = case.acquire(&report).await?;
    case.store().complete(&lease).await?;
    assert_kind(case.store().release(&lease).await, StaleLease);
    assert_kind(case.store().renew(&lease, LONG).await, StaleLease);
    assert_kind(case.store().discard(lease.id()).await, NotFound);
    assert_eq!(case.claim(&report).await?, Claim::Done);
    let unknown = Lease::new((&case.report("B", 1)).into(), Owner::unique(), 1);
    assert_refused(case, &unknown).await;
    Ok(())
}

pub(crate) async fn renewed_is_not_taken_over(case: &Case) -> Result<(), StoreError> {
    let report = case.report("A", 1);
    let lease = case.acquire_for(&report, SHORT).await?;
    case.store().renew(&lease, LONG).await?;
    (case.fixture.pass)(SHORT);
    for _ in 0..10 {
        match case.claim(&report).await? {
            Claim::InFlight { retry_after } => assert!(retry_after > Duration::from_secs(60)),
            claim => panic!("{claim:?}"),
        }
    }
    // From the time of the renewal on, so it can also be made shorter.
    case.store().renew(&lease, SHORT).await?;
    (case.fixture.pass)(SHORT);
    case.take_over(&report).await?;
    Ok(())
}

/// Nobody else has begun, so the work of a slow handler is not thrown away.
pub(crate) async fn expired_but_not_taken_over_is_still_held(
    case: &Case,
) -> Result<(), StoreError> {
    let lease = case.crash(&case.report("A", 1)).await?;
    case.store().renew(&lease, SHORT).await?;
    case.store().complete(&lease).await?;
    let lease = case.crash(&case.report("B", 1)).await?;
    case.store().release(&lease).await
}

pub(crate) async fn fences_grow(case: &Case) -> Result<(), StoreError> {
    let mut last = 0;
    for round in 0..3 {
        let report = case.report("A", 1);
        let crashed = case.crash(&report).await?;
        assert!(crashed.fence() > last, "{round}");
        let lease = case.take_over(&report).await?;
        assert!(lease.fence() > crashed.fence(), "{round}");
        case.store().release(&lease).await?;
        // Another report of the same invoice counts on.
        let other = case.acquire(&case.report("A", 2 + round)).await?;
        assert!(other.fence() > lease.fence(), "{round}");
        case.store().release(&other).await?;
        last = other.fence();
    }
    Ok(())
}
