use cryptocloud_postback::UnixTime;

use super::{Case, LONG, SHORT, acquired, assert_kind, is_in_flight};
use crate::{
    Claim, ClaimId, Report, StoreError,
    StoreErrorKind::{Full, NotFound, StaleLease},
    rules::MAX_CONFLICTS,
};

/// An invoice that is done with one amount, and a report with another.
async fn conflict(case: &Case, invoice: &str) -> Result<(Report, Report), StoreError> {
    let (first, later) = (case.report(invoice, 1), case.report(invoice, 2));
    case.finish(&first).await?;
    assert_eq!(case.claim(&later).await?, Claim::Conflict);
    Ok((first, later))
}

pub(crate) async fn kept_and_listed(case: &Case) -> Result<(), StoreError> {
    let (first, later) = conflict(case, "A").await?;
    let listed = case.store().conflicts(&case.project, None, 10).await?;
    let [kept] = &*listed else {
        panic!("{listed:?}");
    };
    assert_eq!(kept.report, later);
    assert!(kept.received_at > UnixTime::from_secs(0));
    assert_eq!(
        case.store().conflict(&kept.id()).await?.as_ref(),
        Some(kept)
    );
    assert_eq!(case.claim(&first).await?, Claim::Done);
    assert_eq!(case.store().conflict(&(&first).into()).await?, None);
    let other = format!("{}2", case.project);
    assert_eq!(case.store().conflicts(&other, None, 10).await?, []);
    Ok(())
}

pub(crate) async fn kept_while_the_first_is_in_flight(case: &Case) -> Result<(), StoreError> {
    let (first, later) = (case.report("A", 1), case.report("A", 2));
    let lease = case.acquire(&first).await?;
    assert_eq!(case.claim(&later).await?, Claim::Conflict);
    assert_eq!(case.open().await?, [later]);
    assert_eq!(case.store().conflict(&(&first).into()).await?, None);
    case.store().complete(&lease).await
}

pub(crate) async fn not_hidden_by_claims_in_flight(case: &Case) -> Result<(), StoreError> {
    let mut invoices = ["A", "B", "C", "D", "E"];
    for invoice in invoices {
        case.acquire(&case.report(invoice, 1)).await?;
    }
    // The last one in the order of ids.
    invoices.sort_by_key(|invoice| ClaimId::from(&case.report(invoice, 1)));
    let later = case.report(invoices[4], 2);
    assert_eq!(case.claim(&later).await?, Claim::Conflict);
    let page = case.store().conflicts(&case.project, None, 1).await?;
    assert_eq!(page.len(), 1);
    Ok(())
}

pub(crate) async fn kept_once(case: &Case) -> Result<(), StoreError> {
    let (_, later) = conflict(case, "A").await?;
    let before = case.store().conflict(&(&later).into()).await?;
    assert_eq!(case.claim(&later).await?, Claim::Conflict);
    assert_eq!(case.store().conflict(&(&later).into()).await?, before);
    assert_eq!(case.open().await?.len(), 1);
    Ok(())
}

/// Its handler may have got far, so that another amount must not be added to it.
pub(crate) async fn expired_lead_still_conflicts(case: &Case) -> Result<(), StoreError> {
    let (first, later) = (case.report("A", 1), case.report("A", 2));
    case.crash(&first).await?;
    assert_eq!(case.claim(&later).await?, Claim::Conflict);
    case.take_over(&first).await?;
    Ok(())
}

pub(crate) async fn paged(case: &Case) -> Result<(), StoreError> {
    let mut expected = Vec::new();
    for invoice in ["A", "B", "C", "D", "E"] {
        let (_, second) = conflict(case, invoice).await?;
        let third = case.report(invoice, 3);
        assert_eq!(case.claim(&third).await?, Claim::Conflict);
        expected.extend([&second, &third].map(ClaimId::from));
    }
    expected.sort();
    let mut listed: Vec<ClaimId> = Vec::new();
    loop {
        let after = listed.last();
        // Three, so that some pages end between the two of an invoice.
        let page = case.store().conflicts(&case.project, after, 3).await?;
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        listed.extend(page.iter().map(|conflict| conflict.id()));
    }
    assert_eq!(listed, expected);
    Ok(())
}

pub(crate) async fn accepted_once(case: &Case) -> Result<(), StoreError> {
    let (first, later) = conflict(case, "A").await?;
    let lease = acquired(case.accept(&later).await?);
    assert!(is_in_flight(&case.accept(&later).await?));
    assert!(is_in_flight(&case.claim(&later).await?));
    assert_kind(case.store().discard(&(&later).into()).await, NotFound);
    case.store().complete(&lease).await?;
    assert_eq!(case.open().await?, []);
    assert_eq!(case.store().conflict(&(&later).into()).await?, None);
    assert_eq!(case.accept(&later).await?, Claim::Done);
    assert_eq!(case.claim(&first).await?, Claim::Done);
    assert_eq!(case.claim(&later).await?, Claim::Done);
    assert_eq!(case.claim(&case.report("A", 3)).await?, Claim::Conflict);
    Ok(())
}

pub(crate) async fn accepted_after_a_crash(case: &Case) -> Result<(), StoreError> {
    let (_, later) = conflict(case, "A").await?;
    let id = ClaimId::from(&later);
    let stale = acquired(case.store().accept(&id, SHORT).await?);
    (case.fixture.pass)(SHORT);
    assert_eq!(case.open().await?.first(), Some(&later), "it is not lost");
    assert!(case.store().conflict(&id).await?.is_some());
    let lease = loop {
        match case.store().accept(&id, LONG).await? {
            Claim::InFlight { .. } => tokio::task::yield_now().await,
            claim => break acquired(claim),
        }
    };
    assert_kind(case.store().complete(&stale).await, StaleLease);
    // The first one leads all the same.
    case.store().release(&lease).await?;
    let other = case.report("A", 3);
    assert_eq!(case.claim(&other).await?, Claim::Conflict);
    let lease = acquired(case.accept(&later).await?);
    case.store().complete(&lease).await
}

pub(crate) async fn accepted_only_beside_what_is_settled(case: &Case) -> Result<(), StoreError> {
    let (first, later) = (case.report("A", 1), case.report("A", 2));
    let lease = case.acquire(&first).await?;
    assert_eq!(case.claim(&later).await?, Claim::Conflict);
    assert!(is_in_flight(&case.accept(&later).await?));
    case.store().release(&lease).await?;
    let lease = acquired(case.accept(&later).await?);
    // The accepted one is the first value now.
    assert_eq!(case.claim(&first).await?, Claim::Conflict);
    case.store().complete(&lease).await?;
    assert_eq!(case.open().await?, [first]);
    Ok(())
}

pub(crate) async fn accepted_instead_of_a_crashed_lead(case: &Case) -> Result<(), StoreError> {
    let (first, later) = (case.report("A", 1), case.report("A", 2));
    let other = case.report("A", 3);
    let stale = case.crash(&first).await?;
    for report in [&later, &other] {
        assert_eq!(case.claim(report).await?, Claim::Conflict);
    }
    let lease = loop {
        match case.accept(&later).await? {
            Claim::InFlight { .. } => tokio::task::yield_now().await,
            claim => break acquired(claim),
        }
    };
    assert!(lease.fence() > stale.fence());
    assert_kind(case.store().complete(&stale).await, StaleLease);
    assert_eq!(case.claim(&first).await?, Claim::Conflict);
    case.store().complete(&lease).await?;
    assert_eq!(case.claim(&later).await?, Claim::Done);
    assert!(case.open().await?.contains(&other), "it is not lost");
    Ok(())
}

pub(crate) async fn accepted_and_released_is_open_again(case: &Case) -> Result<(), StoreError> {
    let (first, later) = conflict(case, "A").await?;
    let lease = acquired(case.accept(&later).await?);
    case.store().release(&lease).await?;
    assert_eq!(case.open().await?.first(), Some(&later));
    assert_eq!(case.claim(&later).await?, Claim::Conflict);
    assert_eq!(case.claim(&first).await?, Claim::Done);
    acquired(case.accept(&later).await?);
    Ok(())
}

pub(crate) async fn discarded(case: &Case) -> Result<(), StoreError> {
    let (first, later) = conflict(case, "A").await?;
    let id = ClaimId::from(&later);
    case.store().discard(&id).await?;
    assert_eq!(case.open().await?, []);
    assert_eq!(case.store().conflict(&id).await?, None);
    assert_kind(case.store().discard(&id).await, NotFound);
    assert_kind(case.accept(&later).await, NotFound);
    assert_eq!(case.claim(&later).await?, Claim::Conflict);
    assert_eq!(case.open().await?, [], "it is not asked about again");
    assert_eq!(case.claim(&first).await?, Claim::Done);
    Ok(())
}

pub(crate) async fn not_found(case: &Case) -> Result<(), StoreError> {
    let report = case.report("A", 1);
    assert_kind(case.accept(&report).await, NotFound);
    assert_kind(case.store().discard(&(&report).into()).await, NotFound);
    let lease = case.acquire(&report).await?;
    assert_kind(case.store().discard(lease.id()).await, NotFound);
    case.store().release(&lease).await?;
    assert_kind(case.accept(&report).await, NotFound);
    assert_eq!(case.store().conflict(&(&report).into()).await?, None);
    Ok(())
}

pub(crate) async fn processed_after_all_where_the_first_failed(
    case: &Case,
) -> Result<(), StoreError> {
    let (first, later) = (case.report("A", 1), case.report("A", 2));
    let lease = case.acquire(&first).await?;
    assert_eq!(case.claim(&later).await?, Claim::Conflict);
    case.store().release(&lease).await?;
    case.finish(&later).await?;
    assert_eq!(case.open().await?, []);
    assert_eq!(case.accept(&later).await?, Claim::Done);
    Ok(())
}

pub(crate) async fn bounded(case: &Case) -> Result<(), StoreError> {
    case.finish(&case.report("A", 0)).await?;
    for amount in (1..).take(MAX_CONFLICTS) {
        let report = case.report("A", amount);
        assert_eq!(case.claim(&report).await?, Claim::Conflict, "{amount}");
    }
    assert_kind(case.claim(&case.report("A", 9_000)).await, Full);
    assert_eq!(case.open().await?.len(), MAX_CONFLICTS);
    assert_eq!(case.claim(&case.report("A", 1)).await?, Claim::Conflict);
    case.store().discard(&(&case.report("A", 1)).into()).await?;
    // What was refused is remembered too.
    assert_kind(case.claim(&case.report("A", 9_000)).await, Full);
    conflict(case, "B").await?;
    Ok(())
}
