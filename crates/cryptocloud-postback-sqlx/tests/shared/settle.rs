//! The end of the merchant's transaction.

use cryptocloud_postback_inbox::{InboxStore, Settled, State};

use super::{PAY, Script, TestResult};
use crate::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn effect_and_state_are_committed_together() -> TestResult {
    let Some(fixture) = Fixture::with_schema().await else {
        return Ok(());
    };
    let payment = fixture.payment().await;
    let settled = fixture.settle(&payment, &Script::new([PAY])).await;
    assert!(matches!(settled, Settled::Done), "{settled:?}");
    assert_eq!(fixture.paid().await, 1);
    let record = fixture.record().await;
    assert_eq!(record.state, State::Done);
    assert_eq!(record.report.fields.invoice_info, None);
    fixture.store.check().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn invoice_info_is_kept_if_asked() -> TestResult {
    let Some(mut fixture) = Fixture::with_schema().await else {
        return Ok(());
    };
    fixture.store = fixture.store.clone().keep_invoice_info();
    let payment = fixture.payment().await;
    let settled = fixture.settle(&payment, &Script::new([PAY])).await;
    assert!(matches!(settled, Settled::Done), "{settled:?}");
    assert!(fixture.record().await.report.fields.invoice_info.is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn failure_rolls_back() -> TestResult {
    let Some(fixture) = Fixture::with_schema().await else {
        return Ok(());
    };
    let payment = fixture.payment().await;
    for script in [
        Script::new([PAY]).failing(),
        Script::new([PAY, "SELECT * FROM missing"]),
    ] {
        let settled = fixture.settle(&payment, &script).await;
        assert!(matches!(settled, Settled::Failed(_)), "{settled:?}");
        assert_eq!(fixture.paid().await, 0);
    }
    let settled = fixture.settle(&payment, &Script::new([PAY])).await;
    assert!(matches!(settled, Settled::Done), "{settled:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_worker_changes_nothing() -> TestResult {
    let Some(fixture) = Fixture::with_schema().await else {
        return Ok(());
    };
    let late = fixture.payment().await;
    let later = fixture.taken_over().await;
    let current = fixture.taken_over().await;
    for payment in [&late, &later] {
        let settled = fixture.settle(payment, &Script::new([PAY])).await;
        assert!(matches!(settled, Settled::Stale), "{settled:?}");
    }
    assert_eq!(fixture.paid().await, 0);
    let settled = fixture.settle(&current, &Script::new([PAY])).await;
    assert!(matches!(settled, Settled::Done), "{settled:?}");
    for payment in [&late, &current] {
        let settled = fixture.settle(payment, &Script::new([PAY])).await;
        assert!(matches!(settled, Settled::Stale), "{settled:?}");
    }
    assert_eq!(fixture.paid().await, 1);
    Ok(())
}
