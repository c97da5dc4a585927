//! What the vendor does not confirm pays no order.

use serde_json::{Value, json};

use crate::{Kind, TestResult, World, postback, until};

on_both!(
    a_forged_order_and_amount_are_held,
    a_payment_in_part_is_held_until_the_rest_is_paid,
    an_invoice_that_is_not_paid_yet_is_asked_about_again,
    nothing_is_lost_while_the_api_is_down,
    the_rest_of_a_payment_is_found_without_a_postback,
);

const PARTIAL: &str = "invoice is paid in part";

/// A customer pays a cheap order, and uses its token for an expensive one.
async fn a_forged_order_and_amount_are_held(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    let cheap = shop.order("Cheap").await?;
    let expensive = json!({"id": "Expensive", "amount": "9000", "currency": "USD"});
    assert_eq!(shop.post("/orders", &expensive).await?.0, 201);
    world.vendor.pay(&cheap).await?;

    let amount = |builder: cryptocloud_postback::testing::PostbackBuilder| {
        builder.amount("9000").usd("9000").fiat("9000", "USD")
    };
    for forged in [
        amount(postback(&cheap, "Expensive")),
        amount(postback(&cheap, "Cheap")),
        postback(&cheap, "Expensive"),
    ] {
        assert_eq!(shop.pay(&forged).await?, 200);
    }
    let differs = "postback differs from what the vendor states: ";
    let reasons = [
        "order differs, amount too high",
        "amount too high",
        "order differs",
    ];
    assert_eq!(
        shop.held().await?,
        reasons.map(|reason| format!("{differs}{reason}"))
    );

    // They do not keep the genuine one from being paid.
    assert_eq!(shop.paid_by("Cheap").await?, Value::Null);
    assert_eq!(shop.pay(&postback(&cheap, "Cheap")).await?, 200);
    assert_eq!(shop.paid_by("Cheap").await?, json!(cheap));
    assert_eq!(shop.paid_by("Expensive").await?, Value::Null);
    assert_eq!(world.emails().await?, 1);
    Ok(())
}

async fn a_payment_in_part_is_held_until_the_rest_is_paid(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.reconciling_shop().await?;
    let part = json!({"status": "partial", "received": "10"});
    let [first, second] = [shop.order("A").await?, shop.order("B").await?];
    for invoice in [&first, &second] {
        world.vendor.settle(invoice, &part).await?;
    }
    // One postback says so, the other one does not.
    assert_eq!(shop.pay(&postback(&first, "A").paid("10")).await?, 200);
    assert_eq!(shop.pay(&postback(&second, "B")).await?, 200);
    assert_eq!(shop.held().await?, [PARTIAL, PARTIAL]);

    world.vendor.pay(&first).await?;
    // A turn of reconciliation may find it first, and the fields of the first postback are in the way.
    let status = shop.pay(&postback(&first, "A")).await?;
    assert!([200, 409].contains(&status), "{status}");
    assert_eq!(shop.until_paid("A").await?, json!(first));
    assert_eq!(shop.paid_by("B").await?, Value::Null);
    assert_eq!(world.emails().await?, 1);
    Ok(())
}

async fn the_rest_of_a_payment_is_found_without_a_postback(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.reconciling_shop().await?;
    let invoice = shop.order("A").await?;
    let part = json!({"status": "partial", "received": "10"});
    world.vendor.settle(&invoice, &part).await?;
    assert_eq!(shop.pay(&postback(&invoice, "A").paid("10")).await?, 200);
    shop.until_held(PARTIAL).await?;
    world.vendor.pay(&invoice).await?;
    assert_eq!(shop.until_paid("A").await?, json!(invoice));
    // What the first postback reported is settled.
    until("nothing is held", async || {
        Ok(shop.held().await?.is_empty())
    })
    .await?;
    assert_eq!(world.emails().await?, 1);
    Ok(())
}

async fn an_invoice_that_is_not_paid_yet_is_asked_about_again(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    let invoice = shop.order("A").await?;
    assert_eq!(shop.pay(&postback(&invoice, "A")).await?, 503);
    assert_eq!(shop.paid_by("A").await?, Value::Null);
    world.vendor.pay(&invoice).await?;
    assert_eq!(shop.until_paid("A").await?, json!(invoice));
    Ok(())
}

async fn nothing_is_lost_while_the_api_is_down(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    let invoices = [shop.order("A").await?, shop.order("B").await?];
    for invoice in &invoices {
        world.vendor.pay(invoice).await?;
    }
    world.vendor.fail(json!("down")).await?;
    assert_eq!(shop.pay(&postback(&invoices[0], "A")).await?, 503);
    assert_eq!(shop.pay(&postback(&invoices[1], "B")).await?, 503);
    assert_eq!(shop.paid_by("A").await?, Value::Null);
    assert_eq!(shop.held().await?, [""; 0]);
    // The payments are in the database, and no postback comes again.
    shop.process.kill().await?;
    let shop = world.shop().await?;
    world.vendor.recover().await?;
    assert_eq!(shop.until_paid("A").await?, json!(invoices[0]));
    assert_eq!(shop.until_paid("B").await?, json!(invoices[1]));
    assert_eq!(world.emails().await?, 2);
    Ok(())
}
