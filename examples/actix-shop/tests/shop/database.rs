use cryptocloud_postback_actix_web::inbox::LostReport;
use futures_util::future::try_join_all;
use throw_away_servers::PostgresServer;

use crate::{TestResult, postback, process::Database};

#[tokio::test]
async fn a_database_that_is_down_is_503_with_a_log_line_until_it_is_back() -> TestResult {
    let Some(server) = PostgresServer::start() else {
        return Ok(());
    };
    let database = Database::create_on(server.into(), "down").await?;
    let shop = database.start_shop().await?;
    let orders: Vec<String> = (0..20).map(|number| format!("A{number}")).collect();
    for order in &orders {
        shop.api.create(order).await?;
    }
    database.server.crash()?;
    let postbacks: Vec<_> = orders.iter().map(|order| postback(order)).collect();
    let statuses = try_join_all(postbacks.iter().map(|paid| shop.api.pay(paid))).await?;
    assert_eq!(statuses, [503; 20]);
    assert_eq!(shop.api.get("/orders/A0").await?.0, 503);

    database.server.resume()?;
    for order in &orders {
        assert_eq!(shop.api.paid_by(order).await?, None);
    }
    shop.api.create("B").await?;
    assert_eq!(shop.api.pay(&postback("B")).await?, 200);
    assert_eq!(shop.api.paid_by("B").await?.as_deref(), Some("B"));

    // Each is in the log as a whole, to be imported.
    let mut logged = Vec::new();
    for line in shop.log_lines("postback was not stored") {
        let LostReport(report) = LostReport::find(&line).ok_or("no report")??;
        logged.push(report.invoice_id().as_str().to_owned());
    }
    logged.sort_by_key(|order| order.len());
    logged[..10].sort();
    logged[10..].sort();
    assert_eq!(logged, orders);
    // A sender that tries again gets its 200.
    let statuses = try_join_all(postbacks.iter().map(|paid| shop.api.pay(paid))).await?;
    assert_eq!(statuses, [200; 20]);
    for order in orders {
        assert_eq!(shop.api.paid_by(&order).await?, Some(order));
    }
    Ok(())
}

/// What a database or a role may have as its defaults.
#[tokio::test]
async fn defaults_of_the_server_weaken_nothing() -> TestResult {
    let Some(server) = PostgresServer::start() else {
        return Ok(());
    };
    let database = Database::create_on(server.into(), "defaults").await?;
    database
        .run(
            "ALTER DATABASE defaults SET default_transaction_isolation = serializable; \
             ALTER DATABASE defaults SET synchronous_commit = off",
        )
        .await?;
    // Without a flush of its own, a commit would wait as long for one.
    database
        .run("ALTER SYSTEM SET wal_writer_delay = '10s'")
        .await?;
    database.run("SELECT pg_reload_conf()").await?;
    let shop = database.start_shop().await?;
    let orders: Vec<String> = (0..30).map(|number| format!("A{number}")).collect();
    for order in &orders {
        shop.api.create(order).await?;
    }
    let postbacks: Vec<_> = orders.iter().map(|order| postback(order)).collect();
    let statuses = try_join_all(postbacks.iter().map(|paid| shop.api.pay(paid))).await?;
    assert_eq!(statuses, [200; 30]);
    database.server.crash()?;
    database.server.resume()?;
    for order in orders {
        assert_eq!(shop.api.paid_by(&order).await?, Some(order));
    }
    Ok(())
}
