//! Payments whose postback never came.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::{Kind, TestResult, World, until};

on_both!(
    a_payment_without_a_postback_is_found,
    a_payment_from_before_a_restart_is_found,
    a_payment_in_an_outage_of_the_api_is_found,
    an_old_account_credits_nothing,
    of_two_processes_one_finds_each_payment,
);

async fn a_payment_without_a_postback_is_found(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.reconciling_shop().await?;
    let invoice = shop.order("A").await?;
    shop.order("B").await?;
    world.vendor.pay(&invoice).await?;
    assert_eq!(shop.until_paid("A").await?, json!(invoice));
    assert_eq!(shop.paid_by("B").await?, Value::Null);
    assert_eq!(world.emails().await?, 1);
    // It stops although it never ends by itself.
    assert!(shop.process.stop().await?.success());
    Ok(())
}

async fn a_payment_from_before_a_restart_is_found(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.reconciling_shop().await?;
    let invoices = [shop.order("A").await?, shop.order("B").await?];
    world.vendor.pay(&invoices[0]).await?;
    shop.process.kill().await?;
    world.vendor.pay(&invoices[1]).await?;
    let shop = world.reconciling_shop().await?;
    assert_eq!(shop.until_paid("A").await?, json!(invoices[0]));
    assert_eq!(shop.until_paid("B").await?, json!(invoices[1]));
    assert_eq!(world.emails().await?, 2);
    Ok(())
}

async fn a_payment_in_an_outage_of_the_api_is_found(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.reconciling_shop().await?;
    let invoice = shop.order("A").await?;
    world.vendor.fail(json!(500)).await?;
    world.vendor.pay(&invoice).await?;
    until("a turn fails", async || {
        Ok(shop.process.log()?.contains("reconciliation failed"))
    })
    .await?;
    assert_eq!(shop.paid_by("A").await?, Value::Null);
    world.vendor.recover().await?;
    assert_eq!(shop.until_paid("A").await?, json!(invoice));
    Ok(())
}

/// The orders were fulfilled before the shop had a key.
async fn an_old_account_credits_nothing(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let mut command = world.command();
    command.env_remove("CRYPTOCLOUD_API_KEY");
    let shop = world.start(command).await?;
    for id in ["Old1", "Old2"] {
        let invoice = world.vendor.create(id).await?;
        let order = json!({"id": id, "invoice_id": invoice, "amount": "25", "currency": "USD"});
        assert_eq!(shop.post("/orders", &order).await?.0, 201);
        world.vendor.pay(&invoice).await?;
    }
    let unknown = world.vendor.create("Unknown").await?;
    world.vendor.pay(&unknown).await?;
    shop.process.stop().await?;
    // The vendor's times count seconds, so a payment in the second of the start would be a new one.
    let paid_in = seconds()?;
    until("the second is over", async || Ok(seconds()? > paid_in)).await?;

    let shop = world.reconciling_shop().await?;
    for id in ["New1", "New2"] {
        let invoice = shop.order(id).await?;
        world.vendor.pay(&invoice).await?;
        // The turn that finds it sees the others, too.
        assert_eq!(shop.until_paid(id).await?, json!(invoice));
    }
    for id in ["Old1", "Old2"] {
        assert_eq!(shop.paid_by(id).await?, Value::Null, "{id}");
    }
    assert_eq!(shop.held().await?, [""; 0]);
    assert_eq!(world.emails().await?, 2);
    Ok(())
}

async fn of_two_processes_one_finds_each_payment(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shops = [
        world.reconciling_shop().await?,
        world.reconciling_shop().await?,
    ];
    for round in 0..10 {
        let id = format!("A{round}");
        let invoice = shops[round % 2].order(&id).await?;
        world.vendor.pay(&invoice).await?;
        assert_eq!(
            shops[(round + 1) % 2].until_paid(&id).await?,
            json!(invoice)
        );
        let found = |log: String| {
            let lines = log
                .lines()
                .filter(|line| line.contains("reconciliation found a payment"));
            lines.filter(|line| line.contains(&invoice)).count()
        };
        let found = found(shops[0].process.log()?) + found(shops[1].process.log()?);
        assert_eq!(found, 1, "{id}");
    }
    assert_eq!(world.emails().await?, 10);
    // The other one takes over.
    let [first, second] = shops;
    let invoice = second.order("B").await?;
    first.process.kill().await?;
    world.vendor.pay(&invoice).await?;
    assert_eq!(second.until_paid("B").await?, json!(invoice));
    Ok(())
}

fn seconds() -> TestResult<Duration> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Duration::from_secs(now.as_secs()))
}
