use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt, future::try_join_all, stream};

use crate::{
    TestResult, postback,
    process::{Api, Database, Shop},
};

/// Lets the handler take this long in each of its two writes.
async fn slow_down(database: &Database, seconds: &str) -> TestResult {
    let sql = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
               PERFORM pg_sleep(SECONDS); RETURN NEW; END $$; \
               CREATE TRIGGER slow BEFORE UPDATE ON orders \
               FOR EACH ROW EXECUTE FUNCTION slow(); \
               CREATE TRIGGER slow BEFORE INSERT ON outbox \
               FOR EACH ROW EXECUTE FUNCTION slow()";
    database.run(&sql.replace("SECONDS", seconds)).await
}

#[tokio::test]
async fn handlers_at_work_finish_and_their_senders_get_a_200() -> TestResult {
    let Some(database) = Database::create("stopped").await? else {
        return Ok(());
    };
    assert_eq!(stop_at_work(&database, "1").await?, [200; 6]);
    Ok(())
}

/// They take longer than their senders have to wait, so that nothing but the drain waits for them.
#[tokio::test]
async fn handlers_at_work_finish_after_their_responses() -> TestResult {
    let Some(database) = Database::create("drained").await? else {
        return Ok(());
    };
    assert_eq!(stop_at_work(&database, "3.7").await?, [503; 6]);
    Ok(())
}

/// Stops a shop while six handlers are at work, expects that they finish, and returns the statuses
/// of the responses.
async fn stop_at_work(database: &Database, seconds: &str) -> TestResult<Vec<u16>> {
    let shop = database.start_shop().await?;
    // Requests at once open connections to the database, which the handlers then use.
    let orders: Vec<String> = (0..40).map(|number| format!("A{number}")).collect();
    try_join_all(orders.iter().map(|order| shop.api.create(order))).await?;
    slow_down(database, seconds).await?;
    let send = |order: &String| {
        let (api, paid) = (shop.api.clone(), postback(order));
        tokio::spawn(async move { api.pay(&paid).await })
    };
    let senders: Vec<_> = orders.iter().take(6).map(send).collect();
    database.until(SLEEPS, 6).await?;
    shop.stop().await?;
    // They are settled, not left to the end of their leases.
    assert_eq!(database.count("orders WHERE paid_by = id").await?, 6);
    let next = database.start_shop().await?;
    for order in orders.into_iter().take(6) {
        assert_eq!(next.api.paid_by(&order).await?, Some(order));
    }
    assert_eq!(database.count("outbox").await?, 6);
    let statuses = try_join_all(senders).await?;
    Ok(statuses.into_iter().collect::<Result<_, _>>()?)
}

#[tokio::test]
async fn a_payment_that_cannot_finish_is_released() -> TestResult {
    let Some(database) = Database::create("released").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    shop.api.create("A").await?;
    let mut lock = database.pool.begin().await?;
    sqlx::query("SELECT FROM orders FOR UPDATE")
        .execute(&mut *lock)
        .await?;
    let sender = {
        let api = shop.api.clone();
        tokio::spawn(async move { api.pay(&postback("A")).await })
    };
    database.until("cryptocloud_inbox.report", 1).await?;
    shop.stop().await?;
    assert_eq!(sender.await??, 503);
    let leased = "cryptocloud_inbox.report WHERE state = 'running'";
    assert_eq!(database.count(leased).await?, 0);
    let next = database.start_shop().await?;
    lock.rollback().await?;
    next.api.until_paid("A").await?;
    assert_eq!(database.count("outbox").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_rolling_restart_under_load_loses_nothing() -> TestResult {
    let Some(database) = Database::create("rolling").await? else {
        return Ok(());
    };
    let mut shops = [database.start_shop().await?, database.start_shop().await?];
    let orders: Vec<String> = (0..80).map(|number| format!("A{number}")).collect();
    for order in &orders {
        shops[0].api.create(order).await?;
    }
    // Every restart meets postbacks that are not even stored.
    database
        .run(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             PERFORM pg_sleep(1.5); RETURN NEW; END $$; \
             CREATE TRIGGER slow BEFORE INSERT ON cryptocloud_inbox.report \
             FOR EACH ROW EXECUTE FUNCTION slow()",
        )
        .await?;
    let apis = Arc::new(Mutex::new(shops.each_ref().map(|shop| shop.api.clone())));
    let load = tokio::spawn(send(orders.clone(), Arc::clone(&apis)));
    let mut restarts = 0;
    while !load.is_finished() || restarts < 2 {
        let index = restarts % 2;
        let next: Shop = database.start_shop().await?;
        apis.lock().unwrap_or_else(PoisonError::into_inner)[index] = next.api.clone();
        std::mem::replace(&mut shops[index], next).stop().await?;
        restarts += 1;
    }
    let statuses = load.await?;
    assert_eq!(statuses.len(), orders.len());
    assert!(statuses.iter().all(|status| [200, 503].contains(status)));
    for order in &orders {
        shops[0].api.until_paid(order).await?;
    }
    assert_eq!(database.count("outbox").await?, 80);
    assert_eq!(shops[0].api.held().await?, []);
    Ok(())
}

/// Sends each postback until a shop responds, and never after that. Returns the statuses.
async fn send(orders: Vec<String>, apis: Arc<Mutex<[Api; 2]>>) -> Vec<u16> {
    let send = |order: String| {
        let apis = Arc::clone(&apis);
        async move {
            let mut attempt = 0;
            loop {
                attempt += 1;
                let api = apis.lock().unwrap_or_else(PoisonError::into_inner)[attempt % 2].clone();
                if let Ok(status) = api.pay(&postback(&order)).await {
                    return status;
                }
            }
        }
    };
    let statuses = stream::iter(orders).map(send).buffer_unordered(8);
    statuses.collect().await
}

const SLEEPS: &str = "pg_stat_activity \
     WHERE wait_event = 'PgSleep' AND datname = current_database()";
