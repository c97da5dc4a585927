//! A valid token with other fields arrives before the genuine postback of the same invoice.

use crate::{
    TestResult, postback,
    process::{Database, until},
};

#[tokio::test]
async fn the_genuine_one_is_paid_after_a_forged_one_that_is_held() -> TestResult {
    let Some(database) = Database::create("forged_held").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    let api = &shop.api;
    api.create("A").await?;
    assert_eq!(api.pay(&postback("A").amount("1")).await?, 200);
    assert_eq!(api.paid_by("A").await?, None);
    assert_eq!(api.pay(&postback("A")).await?, 200);
    assert_eq!(api.paid_by("A").await?.as_deref(), Some("A"));
    // Beside the genuine one the other cannot be credited.
    let (id, state, _) = api.held().await?.pop().ok_or("not held")?;
    assert_eq!(state, "held");
    assert_eq!(api.accept(id).await?, 409);
    assert_eq!(database.count("outbox").await?, 1);
    Ok(())
}

#[tokio::test]
async fn the_genuine_one_is_paid_after_a_forged_one_that_runs() -> TestResult {
    let Some(database) = Database::create("forged_runs").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    let api = &shop.api;
    api.create("A").await?;
    let mut lock = database.pool.begin().await?;
    sqlx::query("SELECT FROM orders FOR UPDATE")
        .execute(&mut *lock)
        .await?;
    let forged = {
        let api = api.clone();
        tokio::spawn(async move { api.pay(&postback("A").amount("1")).await })
    };
    database.until(WAITS_FOR_LOCK, 1).await?;
    assert_eq!(api.pay(&postback("A")).await?, 409);
    lock.rollback().await?;
    // It is held, or it failed on the lock and is held by the worker.
    assert!([200, 503].contains(&forged.await??));
    expect_genuine(&database, api).await
}

#[tokio::test]
async fn the_genuine_one_is_paid_after_a_forged_one_that_is_tried_again() -> TestResult {
    let Some(database) = Database::create("forged_retries").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    let api = &shop.api;
    api.create("A").await?;
    database.run("ALTER TABLE orders RENAME TO away").await?;
    assert_eq!(api.pay(&postback("A").amount("1")).await?, 503);
    assert_eq!(api.pay(&postback("A")).await?, 409);
    database.run("ALTER TABLE away RENAME TO orders").await?;
    expect_genuine(&database, api).await
}

async fn expect_genuine(database: &Database, api: &crate::process::Api) -> TestResult {
    api.until_paid("A").await?;
    let held = api.held().await?;
    assert_eq!(held.len(), 1, "{held:?}");
    let expected = "postback does not match the order: amount too low";
    assert_eq!((&*held[0].1, &*held[0].2), ("held", expected));
    assert_eq!(database.count("outbox").await?, 1);
    Ok(())
}

/// They name two orders, so that each could be credited by itself.
#[tokio::test]
async fn two_that_are_accepted_at_once_are_one_credit() -> TestResult {
    let Some(database) = Database::create("accepted_at_once").await? else {
        return Ok(());
    };
    let apis = [database.start_shop().await?, database.start_shop().await?];
    let api = &apis[0].api;
    for round in 0..10 {
        let orders = [format!("A{round}"), format!("B{round}")];
        let invoice = format!("X{round}");
        for order in &orders {
            api.create_with(order, serde_json::Value::Null).await?;
            let forged = postback(order).invoice_id(&invoice).amount("1");
            assert_eq!(api.pay(&forged).await?, 200);
        }
        let held = api.held().await?;
        let [.., first, second] = &held[..] else {
            return Err("not held".into());
        };
        let (first, second) = tokio::try_join!(api.accept(first.0), apis[1].api.accept(second.0))?;
        let mut statuses = [first, second];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        until("one is paid", async || {
            let paid = [
                api.paid_by(&orders[0]).await?,
                api.paid_by(&orders[1]).await?,
            ];
            Ok(paid.iter().flatten().count() == 1)
        })
        .await?;
        assert_eq!(database.count("outbox").await?, round + 1);
    }
    Ok(())
}

const WAITS_FOR_LOCK: &str = "pg_stat_activity \
     WHERE wait_event_type = 'Lock' AND datname = current_database()";
