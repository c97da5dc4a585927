use serde_json::json;

use crate::{
    TestResult, postback,
    process::{Database, Shop},
};

#[tokio::test]
async fn a_role_without_ddl_rights_runs_the_shop() -> TestResult {
    let Some(database) = Database::create("roles").await? else {
        return Ok(());
    };
    database
        .run(
            "CREATE ROLE cashier LOGIN; \
             GRANT SELECT, INSERT, UPDATE ON orders, outbox TO cashier; \
             GRANT USAGE ON SCHEMA cryptocloud_inbox TO cashier; \
             GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA cryptocloud_inbox TO cashier",
        )
        .await?;
    let shop = Shop::start(&mut database.command("cashier")).await?;
    let api = &shop.api;
    api.create("A").await?;
    assert_eq!(api.pay(&postback("A")).await?, 200);
    assert_eq!(api.paid_by("A").await?.as_deref(), Some("A"));
    for (order, decision, body) in [
        ("B", "accept", json!({"amount": "12.5"})),
        ("C", "retry", json!({})),
        ("D", "dismiss", json!({"note": "refunded"})),
    ] {
        api.create(order).await?;
        assert_eq!(api.pay(&postback(order).amount("1")).await?, 200);
        let (id, ..) = api.held().await?.pop().ok_or("not held")?;
        let path = format!("/held/{id}/{decision}");
        assert_eq!(api.post(&path, &body).await?.0, 200, "{decision}");
    }
    api.until_paid("B").await?;
    Ok(())
}
