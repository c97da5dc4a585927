use std::time::Duration;

use cryptocloud_postback::{InvoiceId, UnixTime};
use cryptocloud_postback_inbox::{
    Begin, Fields, Hold, HoldKind, Identity, IdentityPolicy, Inbox, InboxStore, MemoryStore,
    Receipt, Refusal, Report, Source, Start, State,
};
use tokio::time::sleep;

use crate::{
    Result, Shop, record, send,
    vendor::{Does, Vendor},
};

fn paid(project: &str, order: &str) -> Result<Report> {
    let fields = Fields {
        order_id: Some(order.into()),
        invoice_info: Some(r#"{"status": "paid"}"#.into()),
        ..Fields::default()
    };
    let identity = Identity::new(project, InvoiceId::parse("A")?);
    Ok(Report::reconciled(identity, fields))
}

#[tokio::test(start_paused = true)]
async fn found_payments_are_handled_at_once_and_only_once() -> Result {
    let shop = Shop::default();
    let vendor = Vendor::new(Does::Paid("ORDER_1"));
    let inbox = shop.builder().confirm(vendor.clone()).start().await?;
    // The forged postback was first.
    assert_eq!(send(&inbox, "A", "forged").await?, 200);
    let held = record(&inbox, "A").await?.hold.map(|hold| hold.kind);
    assert_eq!(held, Some(HoldKind::Differs));
    let id = inbox.reconcile(&paid("shop", "ORDER_1")?, |_| None).await?;
    sleep(Duration::from_millis(1)).await;
    let found = inbox.get(id).await?.ok_or("a report")?;
    assert_eq!(
        (found.state, found.report.source),
        (State::Done, Source::Reconciled)
    );
    let again = inbox.reconcile(&paid("shop", "ORDER_1")?, |_| None).await;
    let refusal = again.err().and_then(|error| error.refusal());
    assert_eq!(refusal, Some(Refusal::Blocked));
    // The genuine postback comes after all.
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    assert_eq!((shop.started(), shop.finished()), (1, 1));
    inbox.drain(Duration::from_secs(1)).await;
    Ok(())
}

#[tokio::test]
async fn what_is_not_of_the_inbox_is_refused() -> Result {
    let shop = Shop::default();
    let inbox = shop.builder().build()?;
    let deposits = shop
        .builder()
        .identity_policy(IdentityPolicy::InvoiceAndTransactions)
        .build()?;
    // Beside the deposits of a static wallet it would be credited once more.
    for refused in [
        inbox.reconcile(&paid("other", "ORDER_1")?, |_| None).await,
        deposits
            .reconcile(&paid("shop", "ORDER_1")?, |_| None)
            .await,
    ] {
        let refusal = refused.err().and_then(|error| error.refusal());
        assert_eq!(refusal, Some(Refusal::State));
    }
    let mut deposit = paid("shop", "ORDER_1")?;
    deposit.identity = deposit.identity.with_transactions(["0x1"]);
    deposits.reconcile(&deposit, |_| None).await?;
    assert_eq!(deposits.run_once().await?, 1);
    Ok(())
}

#[tokio::test]
async fn what_an_operator_has_to_decide_is_not_credited_beside_it() -> Result {
    for kind in HoldKind::ALL {
        let shop = Shop::default();
        let store = MemoryStore::new(100);
        let fields = Fields {
            order_id: Some("ORDER_2".into()),
            ..Fields::default()
        };
        let identity = Identity::new("shop", InvoiceId::parse("A")?);
        let lease = Duration::from_secs(60);
        let postback = Report::new(identity, fields);
        let Receipt::Claimed(claim) = store.receive(&postback, Start::Claimed(lease)).await? else {
            return Err("no claim".into());
        };
        store.hold(&claim, &Hold::new(kind, "")).await?;
        let inbox = Inbox::builder("shop", store, shop.clone()).build()?;
        let stored = inbox.reconcile(&paid("shop", "ORDER_1")?, |_| None).await;
        let handled = inbox.run_once().await?;
        if matches!(
            kind,
            HoldKind::Differs | HoldKind::Handler | HoldKind::Unconfirmed
        ) {
            assert!(stored.is_ok() && handled == 1, "{kind:?}");
        } else {
            let refusal = stored.err().and_then(|error| error.refusal());
            assert_eq!((refusal, handled), (Some(Refusal::Held), 0), "{kind:?}");
            assert_eq!(shop.started(), 0);
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_holds_although_it_is_confirmed_is_listed_once() -> Result {
    let shop = Shop::default();
    let vendor = Vendor::new(Does::Paid("hold"));
    let inbox = shop.builder().confirm(vendor).start().await?;
    assert_eq!(send(&inbox, "A", "hold").await?, 200);
    let again = inbox.reconcile(&paid("shop", "hold")?, |_| None).await;
    let refusal = again.err().and_then(|error| error.refusal());
    assert_eq!(refusal, Some(Refusal::Held));
    assert_eq!(inbox.counts().await?.held, 1);
    inbox.drain(Duration::from_secs(1)).await;
    Ok(())
}

#[tokio::test]
async fn one_turn_at_a_time() -> Result {
    let inbox = Shop::default().builder().build()?;
    let minute = Duration::from_secs(60);
    let turn = inbox.begin_reconciliation(minute, Begin::IfDue).await?;
    let turn = turn.ok_or("the first turn")?;
    assert_eq!(
        inbox.begin_reconciliation(minute, Begin::IfDue).await?,
        None
    );
    let cursor = Some(UnixTime::from_secs(5));
    inbox
        .end_reconciliation(&turn, cursor, Duration::ZERO)
        .await?;
    let next = inbox.begin_reconciliation(minute, Begin::IfDue).await?;
    let next = next.ok_or("the next turn")?;
    assert_eq!((next.cursor, next.started_at), (cursor, turn.started_at));
    let late = inbox.end_reconciliation(&turn, None, minute).await;
    let refusal = late.err().and_then(|error| error.refusal());
    assert_eq!(refusal, Some(Refusal::Stale));
    assert!(inbox.is_atomic() && inbox.retention() > minute);
    Ok(())
}
