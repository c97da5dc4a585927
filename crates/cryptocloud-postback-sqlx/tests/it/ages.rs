//! What is purged, in both databases.

use std::time::Duration;

use cryptocloud_postback_inbox::{Claim, ClaimId, InboxStore, Lease};

use crate::{TestResult, report};

const AGE: Duration = Duration::from_secs(3_600);

/// `grow_old` makes the invoices that are like this older than that, and `claim_in` claims in a transaction.
pub(crate) async fn from_the_last_change(
    store: &impl InboxStore,
    grow_old: impl AsyncFn(&str) -> TestResult,
    claim_in: impl AsyncFn(&str) -> TestResult,
) -> TestResult {
    let claim = async |invoice, lease| match store.claim(&report(invoice, "1"), lease).await {
        Ok(Claim::Acquired(lease)) => lease,
        claim => panic!("{claim:?}"),
    };
    let conflict = async |invoice| {
        let later = report(invoice, "2");
        assert!(matches!(
            store.claim(&later, AGE).await,
            Ok(Claim::Conflict)
        ));
        ClaimId::from(&later)
    };
    let completed: Lease = claim("COMPLETED", AGE).await;
    let released: Lease = claim("RELEASED", AGE).await;
    let finished: Lease = claim("FINISHED", AGE).await;
    store.release(&finished).await?;
    let crashed: Lease = claim("CRASHED", Duration::ZERO).await;
    let accepted = conflict("CRASHED").await;
    let discarded = conflict("COMPLETED").await;
    grow_old("%").await?;
    store.complete(&completed).await?;
    store.release(&released).await?;
    store.discard(&discarded).await?;
    claim_in("FINISHED").await?;
    // The crashed one is free then.
    let accept = store.accept(&accepted, AGE).await?;
    assert!(matches!(accept, Claim::Acquired(_)), "{crashed:?}");
    assert_eq!(store.purge("shop", AGE, 10).await?, 0);

    grow_old("%").await?;
    assert_eq!(store.purge("shop", AGE, 10).await?, 5);
    Ok(())
}

pub(crate) async fn oldest_first(
    store: &impl InboxStore,
    grow_old: impl AsyncFn(&str) -> TestResult,
) -> TestResult {
    for invoice in ["A", "B", "C"] {
        let Claim::Acquired(lease) = store.claim(&report(invoice, "1"), AGE).await? else {
            panic!("{invoice} is free");
        };
        store.complete(&lease).await?;
    }
    grow_old("B").await?;
    assert_eq!(store.purge("shop", Duration::ZERO, 1).await?, 1);
    for (invoice, is_done) in [("A", true), ("B", false), ("C", true)] {
        let claim = store.claim(&report(invoice, "1"), AGE).await?;
        assert_eq!(claim == Claim::Done, is_done, "{invoice}");
    }
    Ok(())
}
