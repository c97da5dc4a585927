use cryptocloud_postback_sqlx::sqlx;
use serde_json::{Value, json};
use throw_away_servers::PostgresServer;

use crate::{ORDER, Server, TestResult, create, get, pay, postback};

#[tokio::test]
async fn a_failing_database_is_503_and_nothing_is_lost() -> TestResult {
    let Some(server) = Server::start("failing").await? else {
        return Ok(());
    };
    create(&server.shop, ORDER).await?;
    let database = server.database().await?;
    for table in ["orders", "cryptocloud_inbox"] {
        let rename = |from: &str, to: &str| {
            sqlx::AssertSqlSafe(format!("ALTER TABLE {from} RENAME TO {to}"))
        };
        sqlx::raw_sql(rename(table, "away"))
            .execute(&database)
            .await?;
        let answer = pay(&server.shop, &postback()).await?;
        let text = json!({"error": "Temporarily unavailable"});
        assert_eq!((answer.status, answer.body), (503, text), "{table}");
        assert_eq!(answer.retry_after.as_deref(), Some("5"));
        sqlx::raw_sql(rename("away", table))
            .execute(&database)
            .await?;
        let order = get(&server.shop, "/orders/A").await?.body;
        assert_eq!(order["paid_by"], Value::Null, "{table}");
    }
    assert_eq!(pay(&server.shop, &postback()).await?.status, 200);
    assert_eq!(
        get(&server.shop, "/orders/A").await?.body["paid_by"],
        "ILRAJE1Q"
    );
    Ok(())
}

/// Another process holds a lock, and goes on holding it.
#[tokio::test]
async fn a_locked_database_is_503_within_the_limit() -> TestResult {
    let Some(server) = Server::start("locked").await? else {
        return Ok(());
    };
    create(&server.shop, ORDER).await?;
    let database = server.database().await?;
    let mut other = database.begin().await?;
    sqlx::raw_sql("LOCK TABLE orders")
        .execute(&mut *other)
        .await?;
    let answer = pay(&server.shop, &postback()).await?;
    assert_eq!(
        (answer.status, answer.retry_after.as_deref()),
        (503, Some("5"))
    );
    other.rollback().await?;
    assert_eq!(pay(&server.shop, &postback()).await?.status, 200);
    assert_eq!(
        get(&server.shop, "/orders/A").await?.body["paid_by"],
        "ILRAJE1Q"
    );
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_gone_is_503_until_it_is_back() -> TestResult {
    let Some(postgres) = PostgresServer::start() else {
        return Ok(());
    };
    let server = Server::start_on(postgres.into(), "gone").await?;
    create(&server.shop, ORDER).await?;
    server.postgres.crash()?;
    for path in ["/orders", "/orders/A"] {
        assert_eq!(get(&server.shop, path).await?.status, 503, "{path}");
    }
    let answer = pay(&server.shop, &postback()).await?;
    assert_eq!(
        (answer.status, answer.retry_after.as_deref()),
        (503, Some("5"))
    );
    server.postgres.resume()?;
    assert_eq!(pay(&server.shop, &postback()).await?.status, 200);
    assert_eq!(
        get(&server.shop, "/orders/A").await?.body["paid_by"],
        "ILRAJE1Q"
    );
    Ok(())
}
