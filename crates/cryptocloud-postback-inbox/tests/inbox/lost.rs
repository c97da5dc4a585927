use std::time::Duration;

use cryptocloud_postback_inbox::{
    Inbox, MemoryStore, Refusal, State, StoreErrorKind, transition::MAX_REPORTS,
};

use crate::{Clock, Result, Shop, faulty::Fault, log::Log, postback, record};

#[tokio::test]
async fn logged_without_its_token_and_imported_later() -> Result {
    let (log, guard) = Log::install();
    let shop = Shop::default();
    let full = Inbox::builder("shop", MemoryStore::new(0), shop.clone()).build()?;
    let postback = postback("A", "ORDER_1")?;
    let response = full.receive(&postback).await;
    assert_eq!(response.status(), 503);
    assert_eq!(shop.started(), 0);
    drop(guard);

    let (report, line) = log.lost()?;
    assert!(line.contains("ERROR"));
    let body = String::from_utf8_lossy(postback.body());
    let token = body.split('"').find(|part| part.starts_with("eyJ"));
    assert!(!line.contains(token.ok_or("a token")?));

    let inbox = shop.builder().build()?;
    for _ in 0..2 {
        inbox.import(&report).await?;
        inbox.run_once().await?;
    }
    // The vendor sends again after all.
    assert_eq!(inbox.receive(&postback).await.status(), 200);
    assert_eq!(shop.finished(), 1);
    assert_eq!(record(&inbox, "A").await?.state, State::Done);
    Ok(())
}

/// Its project would never work on it.
#[tokio::test]
async fn a_report_of_another_project_is_not_imported() -> Result {
    let (log, guard) = Log::install();
    let shop = Shop::default();
    let full = Inbox::builder("shop", MemoryStore::new(0), shop.clone()).build()?;
    let response = full.receive(&postback("A", "ORDER_1")?).await;
    assert_eq!(response.status(), 503);
    drop(guard);
    let (report, _) = log.lost()?;

    let store = Clock::new().store();
    let other = Inbox::builder("club", store.clone(), shop.clone()).build()?;
    let refused = other.import(&report).await;
    let refusal = refused.err().and_then(|error| error.refusal());
    assert_eq!(refusal, Some(Refusal::State));
    let inbox = Inbox::builder("shop", store, shop).build()?;
    assert!(inbox.find("A").await?.is_empty());
    assert!(other.find("A").await?.is_empty());
    Ok(())
}

/// The commit succeeded, and the inbox never learned of it.
#[tokio::test(start_paused = true)]
async fn logged_although_it_was_stored() -> Result {
    let lost = Fault::After(StoreErrorKind::OutcomeUnknown);
    for fault in [lost, Fault::HangsAfter] {
        let (log, guard) = Log::install();
        let (shop, clock) = (Shop::default(), Clock::new());
        let store = clock.store();
        store.fail("receive", fault);
        let inbox = Inbox::builder("shop", store.clone(), shop.clone()).build()?;
        let postback = postback("A", "ORDER_1")?;
        assert_eq!(inbox.receive(&postback).await.status(), 503);
        tokio::time::sleep(Duration::from_millis(1)).await;
        drop(guard);
        store.repair();

        let (report, _) = log.lost()?;
        assert_eq!(inbox.import(&report).await?, State::Running);
        assert_eq!(inbox.run_once().await?, 0);
        assert_eq!(shop.started(), 0);
        // The lease ends.
        clock.add(Duration::from_secs(30));
        assert_eq!(inbox.run_once().await?, 1);
        assert_eq!(inbox.import(&report).await?, State::Done);
        assert_eq!(inbox.receive(&postback).await.status(), 200);
        assert_eq!(shop.finished(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn logged_if_the_store_panics() -> Result {
    let (log, _guard) = Log::install();
    let (shop, store) = (Shop::default(), Clock::new().store());
    store.fail("receive", Fault::Panics);
    let inbox = Inbox::builder("shop", store, shop.clone()).build()?;
    let response = inbox.receive(&postback("A", "ORDER_1")?).await;
    assert_eq!(response.status(), 503);
    assert_eq!(log.lost()?.0.invoice_id().as_str(), "A");
    Ok(())
}

/// An import meets the same refusal, so the line does not ask for one.
#[tokio::test]
async fn logged_with_other_advice_if_the_invoice_has_too_many_reports() -> Result {
    let (log, _guard) = Log::install();
    let inbox = Shop::default().builder().build()?;
    for order in 0..MAX_REPORTS {
        let postback = postback("A", &format!("ORDER_{order}"))?;
        assert_ne!(inbox.receive(&postback).await.status(), 503);
    }
    let response = inbox.receive(&postback("A", "ORDER_X")?).await;
    assert_eq!(response.status(), 503);

    let (report, line) = log.lost()?;
    assert!(
        line.contains("postback was not stored: decide on the reports"),
        "{line}"
    );
    let refused = inbox.import(&report).await.err().ok_or("a refusal")?;
    assert_eq!(refused.refusal(), Some(Refusal::Full));
    Ok(())
}
