use super::{Case, LONG, acquired, is_in_flight, report};
use crate::{Claim, Key, StoreError};

pub(crate) async fn first_then_duplicate(case: &Case) -> Result<(), StoreError> {
    let report = case.report("A", 1);
    let lease = case.acquire(&report).await?;
    assert_eq!(lease.id(), &(&report).into());
    case.store().complete(&lease).await?;
    assert_eq!(case.claim(&report).await?, Claim::Done);
    assert_eq!(case.claim(&report).await?, Claim::Done);
    Ok(())
}

pub(crate) async fn in_flight_until_released(case: &Case) -> Result<(), StoreError> {
    let report = case.report("A", 1);
    let lease = case.acquire(&report).await?;
    match case.claim(&report).await? {
        Claim::InFlight { retry_after } => {
            assert!(
                !retry_after.is_zero() && retry_after <= LONG,
                "{retry_after:?}"
            );
        }
        claim => panic!("{claim:?}"),
    }
    case.store().release(&lease).await?;
    let again = case.acquire(&report).await?;
    assert_ne!(again, lease);
    Ok(())
}

/// An answer may have been lost on its way.
pub(crate) async fn completed_twice_by_its_owner(case: &Case) -> Result<(), StoreError> {
    let report = case.report("A", 1);
    let lease = case.acquire(&report).await?;
    case.store().complete(&lease).await?;
    case.store().complete(&lease).await?;
    assert_eq!(case.claim(&report).await?, Claim::Done);
    Ok(())
}

/// A report with a forged amount, which the handler refused, blocks nobody.
pub(crate) async fn released_frees_the_other_report(case: &Case) -> Result<(), StoreError> {
    let (forged, genuine) = (case.report("A", 9_000), case.report("A", 1));
    for _ in 0..3 {
        let lease = case.acquire(&forged).await?;
        case.store().release(&lease).await?;
    }
    case.finish(&genuine).await?;
    assert_eq!(case.claim(&forged).await?, Claim::Conflict);
    assert_eq!(case.claim(&genuine).await?, Claim::Done);
    Ok(())
}

pub(crate) async fn two_projects_do_not_meet(case: &Case) -> Result<(), StoreError> {
    case.finish(&case.report("A", 1)).await?;
    let other = Key::new(&format!("{}2", case.project), "A", "success");
    let lease = case.acquire(&report(other, 2, None)).await?;
    case.store().release(&lease).await
}

pub(crate) async fn another_status_is_another_claim(case: &Case) -> Result<(), StoreError> {
    case.finish(&case.report("A", 1)).await?;
    let refund = report(Key::new(&case.project, "A", "refund"), 2, None);
    case.finish(&refund).await?;
    assert_eq!(case.claim(&refund).await?, Claim::Done);
    Ok(())
}

pub(crate) async fn fields_in_the_key_never_conflict(case: &Case) -> Result<(), StoreError> {
    let deposit = |amount| {
        let plain = case.report("WALLET", amount);
        let key = plain.key().clone().with_fingerprint(*plain.fingerprint());
        report(key, amount, plain.order_id())
    };
    case.finish(&deposit(1)).await?;
    let second = acquired(case.claim(&deposit(2)).await?);
    assert!(is_in_flight(&case.claim(&deposit(2)).await?));
    case.store().complete(&second).await?;
    assert_eq!(case.claim(&deposit(1)).await?, Claim::Done);
    assert_eq!(case.open().await?, []);
    Ok(())
}
