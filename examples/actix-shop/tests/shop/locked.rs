use crate::{TestResult, postback, process::Database};

/// A psql session has changed the row of one order, and has not committed.
#[tokio::test]
async fn a_locked_order_holds_up_no_other() -> TestResult {
    let Some(database) = Database::create("locked").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    shop.api.create("Locked").await?;
    let mut lock = database.pool.begin().await?;
    sqlx::query("UPDATE orders SET amount = amount")
        .execute(&mut *lock)
        .await?;
    let locked = {
        let api = shop.api.clone();
        tokio::spawn(async move { api.pay(&postback("Locked")).await })
    };
    let second = database.start_shop().await?;
    for number in 0..12 {
        let order = format!("Free{number}");
        let api = if number % 2 == 0 {
            &shop.api
        } else {
            &second.api
        };
        api.create(&order).await?;
        assert_eq!(api.pay(&postback(&order)).await?, 200, "{order}");
        assert_eq!(api.paid_by(&order).await?, Some(order));
    }
    assert_eq!(locked.await??, 503);
    // A resend does not wait for the lock either.
    assert_eq!(shop.api.pay(&postback("Locked")).await?, 503);
    assert_eq!(shop.api.paid_by("Locked").await?, None);
    let migrated = database.command("postgres").arg("migrate").status().await?;
    assert!(migrated.success());
    lock.rollback().await?;
    shop.api.until_paid("Locked").await?;
    assert_eq!(database.count("outbox WHERE order_id = 'Locked'").await?, 1);
    Ok(())
}
