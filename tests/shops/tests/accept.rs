//! An operator names the order that a held payment pays.

use serde_json::{Value, json};

use crate::{Kind, TestResult, World, postback, until};

on_both!(
    a_named_order_is_paid_by_the_accepted_payment,
    a_refused_accept_changes_no_order,
    an_accept_that_comes_too_late_changes_nothing,
    of_two_orders_named_at_once_one_is_paid,
    the_named_order_comes_before_the_one_that_has_the_invoice,
);

const NO_ORDER: &str = "no order has this invoice, or has this id and no invoice";

/// Makes a payment whose order the shop does not have, and waits until it is held.
async fn held(world: &World, shop: &crate::Shop) -> TestResult<(String, String)> {
    let invoice = world.vendor.create("Unknown").await?;
    world.vendor.pay(&invoice).await?;
    assert_eq!(shop.pay(&postback(&invoice, "Unknown")).await?, 200);
    let id = shop.until_held(NO_ORDER).await?;
    Ok((invoice, format!("/held/{id}/accept")))
}

async fn a_named_order_is_paid_by_the_accepted_payment(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    let own = shop.order("A").await?;
    let (invoice, accept) = held(&world, &shop).await?;
    let unknown = json!({"amount": "25", "order_id": "Unknown"});
    let refused = json!("no order has this id");
    assert_eq!(shop.post(&accept, &unknown).await?, (409, refused));
    // Not even its price: it is held again, and another name counts then.
    shop.order("B").await?;
    let too_little = json!({"amount": "24", "order_id": "B"});
    assert_eq!(shop.post(&accept, &too_little).await?.0, 200);
    shop.until_held("postback does not match the order: amount too low")
        .await?;
    let named = json!({"amount": "25", "order_id": "A"});
    assert_eq!(shop.post(&accept, &named).await?.0, 200);
    assert_eq!(shop.until_paid("A").await?, json!(invoice));
    assert_eq!(shop.paid_by("B").await?, Value::Null);
    // The customer paid twice.
    world.vendor.pay(&own).await?;
    assert_eq!(shop.pay(&postback(&own, "A")).await?, 200);
    let paid = format!("order A was paid already, by invoice {invoice}");
    let id = shop.until_held(&paid).await?;
    let accept = format!("/held/{id}/accept");
    let refused = json!("order was paid already");
    assert_eq!(shop.post(&accept, &named).await?, (409, refused));
    assert_eq!(world.emails().await?, 1);
    Ok(())
}

/// The inbox refuses it, because the invoice has paid another order.
async fn a_refused_accept_changes_no_order(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    let [first, second] = [shop.order("A").await?, shop.order("B").await?];
    world.vendor.pay(&first).await?;
    assert_eq!(shop.pay(&postback(&first, "B")).await?, 200);
    let differs = "postback differs from what the vendor states: order differs";
    let id = shop.until_held(differs).await?;
    assert_eq!(shop.pay(&postback(&first, "A")).await?, 200);
    assert_eq!(shop.paid_by("A").await?, json!(first));

    let accept = json!({"amount": "25", "order_id": "B"});
    let (status, text) = shop.post(&format!("/held/{id}/accept"), &accept).await?;
    assert_eq!(status, 409, "{text}");
    let order = shop.get("/orders/B").await?;
    assert_eq!(
        (&order["invoice_id"], &order["paid_by"]),
        (&json!(second), &Value::Null)
    );
    // Its own payment still pays it.
    world.vendor.pay(&second).await?;
    assert_eq!(shop.pay(&postback(&second, "B")).await?, 200);
    assert_eq!(shop.paid_by("B").await?, json!(second));
    assert_eq!(world.emails().await?, 2);
    Ok(())
}

/// The payment is accepted for one order, and its handler fails for a while.
async fn an_accept_that_comes_too_late_changes_nothing(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    shop.order("A").await?;
    let other = shop.order("B").await?;
    let (invoice, accept) = held(&world, &shop).await?;
    world.run("ALTER TABLE outbox RENAME TO away").await?;
    let first = json!({"amount": "25", "order_id": "A"});
    assert_eq!(shop.post(&accept, &first).await?.0, 200);
    until("the handler fails", async || {
        Ok(shop.process.log()?.contains("payment failed"))
    })
    .await?;
    let late = json!({"amount": "25", "order_id": "B"});
    assert_eq!(shop.post(&accept, &late).await?.0, 409);
    world.run("ALTER TABLE away RENAME TO outbox").await?;
    assert_eq!(shop.until_paid("A").await?, json!(invoice));
    let order = shop.get("/orders/B").await?;
    assert_eq!(
        (&order["invoice_id"], &order["paid_by"]),
        (&json!(other), &Value::Null)
    );
    Ok(())
}

/// Two operators decide at the same time: the one who wins decides which order is paid.
async fn of_two_orders_named_at_once_one_is_paid(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    for number in 0..5 {
        let orders = [format!("A{number}"), format!("B{number}")];
        shop.order(&orders[0]).await?;
        shop.order(&orders[1]).await?;
        let (invoice, accept) = held(&world, &shop).await?;
        let named = |order: &str| json!({"amount": "25", "order_id": order});
        let (first, second) = (named(&orders[0]), named(&orders[1]));
        let (first, second) =
            tokio::try_join!(shop.post(&accept, &first), shop.post(&accept, &second))?;
        let (winner, loser) = match (first.0, second.0) {
            (200, 409) => (&orders[0], &orders[1]),
            (409, 200) => (&orders[1], &orders[0]),
            statuses => return Err(format!("{statuses:?}").into()),
        };
        assert_eq!(shop.until_paid(winner).await?, json!(invoice));
        assert_eq!(shop.paid_by(loser).await?, Value::Null);
    }
    Ok(())
}

async fn the_named_order_comes_before_the_one_that_has_the_invoice(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    shop.order("A").await?;
    let invoice = shop.order("B").await?;
    world.vendor.pay(&invoice).await?;
    assert_eq!(shop.pay(&postback(&invoice, "A")).await?, 200);
    let id = shop
        .until_held("postback differs from what the vendor states: order differs")
        .await?;
    let accept = json!({"amount": "25", "order_id": "A"});
    assert_eq!(
        shop.post(&format!("/held/{id}/accept"), &accept).await?.0,
        200
    );
    assert_eq!(shop.until_paid("A").await?, json!(invoice));
    assert_eq!(shop.paid_by("B").await?, Value::Null);
    Ok(())
}
