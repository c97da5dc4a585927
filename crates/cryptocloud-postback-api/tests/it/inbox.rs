//! The inbox asks the vendor: what it does with each statement.

use cryptocloud_postback_api::inbox::{HoldKind, State};
use cryptocloud_postback_mimic::Fault;

use crate::{
    api, invoice, postback,
    shop::{self, Shop, dated},
};

#[tokio::test]
async fn a_paid_invoice_is_credited() {
    let shop = Shop::new().await;
    shop.server.add(invoice("A", "paid"));
    assert_eq!(shop.receive(&postback("A")).await, 200);
    assert_eq!(shop.receive(&postback("A")).await, 200);
    assert_eq!(shop.effects().await, ["A"]);
    assert_eq!(shop.record("A").await, (State::Done, None));
}

#[tokio::test]
async fn the_stated_amount_counts_not_the_reported_one() {
    let shop = Shop::new().await;
    shop.server.add(invoice("A", "paid"));
    shop.server.set("A", "amount_usd", 5);
    // The handler expects 25 US dollars, and the postback says so.
    assert_eq!(shop.receive(&postback("A").usd("25")).await, 200);
    let (state, hold) = shop.record("A").await;
    let hold = hold.map(|hold| (hold.kind, hold.reason));
    let reason = "postback does not match the order: price differs".into();
    assert_eq!(
        (state, hold),
        (State::Held, Some((HoldKind::Handler, reason)))
    );
    assert!(shop.effects().await.is_empty());
}

#[tokio::test]
async fn what_the_vendor_denies_is_held_with_the_reason() {
    let shop = Shop::new().await;
    for status in ["partial", "canceled"] {
        shop.server.add(invoice(status, status));
    }
    for (name, field) in [("TEST", "test_mode"), ("OTHER", "project"), ("FORGED", "")] {
        shop.server.add(invoice(name, "paid"));
        shop.server.set(name, field, true);
    }
    for (name, kind, reason) in [
        ("partial", HoldKind::Unconfirmed, "invoice is paid in part"),
        ("canceled", HoldKind::Unconfirmed, "invoice was canceled"),
        (
            "TEST",
            HoldKind::Unconfirmed,
            "payment is a test, or the vendor does not say that it is not",
        ),
        (
            "OTHER",
            HoldKind::Unconfirmed,
            "invoice belongs to another project",
        ),
        (
            "FORGED",
            HoldKind::Differs,
            "postback differs from what the vendor states: amount too high",
        ),
    ] {
        let amount = if name == "FORGED" { "9000" } else { "25" };
        assert_eq!(
            shop.receive(&postback(name).amount(amount)).await,
            200,
            "{name}"
        );
        let (state, hold) = shop.record(name).await;
        let hold = hold.map(|hold| (hold.kind, hold.reason.to_string()));
        assert_eq!(
            (state, hold),
            (State::Held, Some((kind, reason.to_owned()))),
            "{name}"
        );
    }
    assert!(shop.effects().await.is_empty());
}

#[tokio::test]
async fn what_is_not_paid_yet_waits() {
    let shop = Shop::new().await;
    assert_eq!(shop.receive(&postback("A")).await, 503);
    assert_eq!(shop.record("A").await, (State::Received, None));
    shop.server.add(invoice("A", "created"));
    shop.work().await;
    assert_eq!(shop.record("A").await, (State::Received, None));
    shop.server.set("A", "status", "paid");
    shop.work().await;
    assert_eq!(shop.effects().await, ["A"]);
}

#[tokio::test]
async fn while_the_api_is_down_payments_are_stored_and_paid_without_a_resend_after_that() {
    let shop = Shop::with(|api| api.max_retries(0)).await;
    shop.server.fail_always(Fault::status(500));
    for name in ["A", "B", "C"] {
        shop.server.add(dated(name, "paid", 0));
        assert_eq!(shop.receive(&postback(name)).await, 503);
    }
    shop.work().await;
    assert!(shop.effects().await.is_empty());
    shop.server.recover();
    // A circuit that is open by now belongs to the process, and this one is new.
    let confirmer = shop::confirmer(api(&shop.server));
    let inbox = shop::inbox("shop", &shop.store, &confirmer);
    let shop = Shop {
        confirmer,
        inbox,
        ..shop
    };
    shop.work().await;
    assert_eq!(shop.effects().await, ["A", "B", "C"]);
}
