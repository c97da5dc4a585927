use cryptocloud_postback_sqlx::sqlx;
use serde_json::{Value, json};

use crate::{ORDER, Server, TestResult, create, get, pay, postback};

#[tokio::test]
async fn a_failing_database_is_503_and_nothing_is_lost() -> TestResult {
    let server = Server::start("failing").await?;
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

/// Another process holds the lock for writing, and goes on writing.
#[tokio::test]
async fn a_locked_database_is_503_within_the_limit() -> TestResult {
    let server = Server::start("locked").await?;
    create(&server.shop, ORDER).await?;
    let database = server.database().await?;
    let other = database.begin_with("BEGIN IMMEDIATE").await?;
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
