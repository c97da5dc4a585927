//! The customer pays a part, an operator decides about it, and the customer pays the rest, of which no
//! postback tells.

use serde_json::{Value, json};

use crate::{Kind, Shop, TestResult, World, postback};

on_both!(
    the_rest_of_an_accepted_part_is_shown_with_what_was_credited,
    the_rest_of_a_dismissed_part_is_held_until_it_is_accepted,
);

const PARTIAL: &str = "invoice is paid in part";

/// Pays 10 of 25, which is held. Returns the invoice and the path of the held payment.
async fn part(world: &World, shop: &Shop) -> TestResult<(String, String)> {
    let invoice = shop.order("A").await?;
    let payment = json!({"status": "partial", "received": "10"});
    world.vendor.settle(&invoice, &payment).await?;
    let postback = postback(&invoice, "A").paid("10");
    assert_eq!(shop.pay(&postback).await?, 200);
    let id = shop.until_held(PARTIAL).await?;
    Ok((invoice, format!("/held/{id}")))
}

/// A turn that finds another payment has looked at this one, too.
async fn a_turn_passes(world: &World, shop: &Shop, order: &str) -> TestResult {
    let invoice = shop.order(order).await?;
    world.vendor.pay(&invoice).await?;
    assert_eq!(shop.until_paid(order).await?, json!(invoice));
    Ok(())
}

fn reason(did: &str) -> String {
    format!(
        "vendor states 25 USDT_TRC20 as paid, \
         and an operator {did} a report of 10 USDT_TRC20 that was not confirmed"
    )
}

async fn the_rest_of_an_accepted_part_is_shown_with_what_was_credited(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.reconciling_shop().await?;
    shop.order("B").await?;
    let (invoice, part) = part(&world, &shop).await?;
    let accept = json!({"amount": "25", "order_id": "B"});
    let path = format!("{part}/accept");
    assert_eq!(shop.post_as("anna", &path, &accept).await?.0, 200);
    assert_eq!(shop.until_paid("B").await?, json!(invoice));
    a_turn_passes(&world, &shop, "C").await?;
    assert_eq!(shop.held().await?, [""; 0]);

    world.vendor.pay(&invoice).await?;
    let id = shop.until_held(&reason("accepted")).await?;
    let mut held = shop.get("/held").await?[0].take();
    assert_eq!(
        (&held["state"], &held["amount"]),
        (&json!("conflict"), &json!("25"))
    );
    assert!(held["credited"]["at"].take().as_u64() > Some(0));
    let credited = json!({
        "amount": "25", "currency": null, "order_id": "B", "at": null, "by": "anna"
    });
    assert_eq!(held["credited"], credited);

    // Neither an operator nor the postback, if it comes after all, credits it again.
    let (accept, path) = (json!({"amount": "25"}), format!("/held/{id}/accept"));
    assert_eq!(shop.post(&path, &accept).await?.0, 409);
    assert_eq!(shop.pay(&postback(&invoice, "A")).await?, 409);
    a_turn_passes(&world, &shop, "D").await?;
    assert_eq!(shop.held().await?, [reason("accepted")]);
    let dismiss = json!({"note": "refunded"});
    assert_eq!(
        shop.post(&format!("/held/{id}/dismiss"), &dismiss).await?.0,
        200
    );
    a_turn_passes(&world, &shop, "E").await?;
    assert_eq!(shop.held().await?, [""; 0]);
    assert_eq!(shop.paid_by("A").await?, Value::Null);
    // Of B, C, D and E.
    assert_eq!(world.emails().await?, 4);
    Ok(())
}

async fn the_rest_of_a_dismissed_part_is_held_until_it_is_accepted(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.reconciling_shop().await?;
    let (invoice, part) = part(&world, &shop).await?;
    let dismiss = json!({"note": "too little"});
    assert_eq!(
        shop.post(&format!("{part}/dismiss"), &dismiss).await?.0,
        200
    );
    world.vendor.pay(&invoice).await?;
    let id = shop.until_held(&reason("discarded")).await?;
    assert_eq!(shop.get("/held").await?[0]["credited"], Value::Null);
    a_turn_passes(&world, &shop, "B").await?;
    assert_eq!(shop.held().await?, [reason("discarded")]);
    assert_eq!(shop.paid_by("A").await?, Value::Null);

    let (accept, path) = (json!({"amount": "25"}), format!("/held/{id}/accept"));
    assert_eq!(shop.post(&path, &accept).await?.0, 200);
    assert_eq!(shop.until_paid("A").await?, json!(invoice));
    a_turn_passes(&world, &shop, "C").await?;
    assert_eq!(shop.held().await?, [""; 0]);
    assert_eq!(world.emails().await?, 3);
    Ok(())
}
