use serde_json::{Value, json};

use crate::{
    TestResult, postback,
    process::{Database, until},
};

#[tokio::test]
async fn what_does_not_match_is_held_and_pays_if_accepted() -> TestResult {
    let Some(database) = Database::create("accepted").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    let api = &shop.api;
    let rows = [
        (
            "Underpaid",
            postback("Underpaid").paid("12.4"),
            "amount too low",
        ),
        (
            "Null",
            postback("Null").field("order_id", "null"),
            "order is not reported",
        ),
        (
            "Amount",
            postback("Amount").field("amount_crypto", "null"),
            "amount is not reported",
        ),
        (
            "Other",
            postback("Other").order_id("Underpaid"),
            "order differs",
        ),
        (
            "Currency",
            postback("Currency").currency("BTC"),
            "currency differs",
        ),
    ];
    for (order, postback, reason) in rows {
        api.create(order).await?;
        assert_eq!(api.pay(&postback).await?, 200, "{order}");
        assert_eq!(api.paid_by(order).await?, None, "{order}");
        let (id, state, held) = api.held().await?.pop().ok_or("not held")?;
        let reason = format!("postback does not match the order: {reason}");
        assert_eq!((state.as_str(), held), ("held", reason), "{order}");
        // A resend changes nothing.
        assert_eq!(api.pay(&postback).await?, 200, "{order}");
        assert_eq!(api.held().await?.len(), 1, "{order}");

        // An operator who names less than the price sees it again.
        let accept = json!({"amount": "12.4"});
        let path = format!("/held/{id}/accept");
        assert_eq!(api.post(&path, &accept).await?.0, 200, "{order}");
        until(order, async || Ok(api.held().await?.len() == 1)).await?;
        assert_eq!(api.accept(id).await?, 200, "{order}");
        api.until_paid(order).await?;
        assert_eq!(api.held().await?, [], "{order}");
    }
    Ok(())
}

#[tokio::test]
async fn what_finds_no_order_is_held() -> TestResult {
    let Some(database) = Database::create("no_order").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    let api = &shop.api;
    let unknown = NO_ORDER;
    let expect_held = async |order: &str| -> TestResult<i64> {
        assert_eq!(api.pay(&postback(order)).await?, 200, "{order}");
        let (id, state, reason) = api.held().await?.pop().ok_or("not held")?;
        assert_eq!((&*state, &*reason), ("held", unknown), "{order}");
        Ok(id)
    };

    // The order comes later than its payment.
    let id = expect_held("Late").await?;
    api.create("Late").await?;
    let path = format!("/held/{id}/retry");
    assert_eq!(api.post(&path, &Value::Null).await?.0, 200);
    api.until_paid("Late").await?;

    // The operator knows which order it is for.
    let id = expect_held("Named").await?;
    api.create_with("B", Value::Null).await?;
    let accept = json!({"amount": "12.5", "order_id": "B"});
    let path = format!("/held/{id}/accept");
    assert_eq!(api.post(&path, &accept).await?.0, 200);
    let is_paid = async || Ok(api.paid_by("B").await?.as_deref() == Some("Named"));
    until("order B is paid", is_paid).await?;

    // It is not a payment.
    let id = expect_held("Nothing").await?;
    let dismiss = json!({"note": "refunded"});
    let path = format!("/held/{id}/dismiss");
    assert_eq!(api.post(&path, &dismiss).await?.0, 200);
    assert_eq!(api.held().await?, []);
    api.create("Nothing").await?;
    assert_eq!(api.pay(&postback("Nothing")).await?, 200);
    assert_eq!(api.paid_by("Nothing").await?, None);
    for decision in ["accept", "retry"] {
        let path = format!("/held/{id}/{decision}");
        assert_eq!(api.post(&path, &accept).await?.0, 409, "{decision}");
    }
    assert_eq!(api.accept(1_000).await?, 404);
    Ok(())
}

/// Without an invoice id nothing but the report tells which order is paid, and how much.
#[tokio::test]
async fn an_order_without_an_invoice_belongs_to_the_first_one_that_pays_it() -> TestResult {
    let Some(database) = Database::create("unproven").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    let api = &shop.api;
    api.create_with("A", Value::Null).await?;
    let underpaid = postback("A").invoice_id("CHEAP").amount("1");
    assert_eq!(api.pay(&underpaid).await?, 200);
    assert_eq!(api.paid_by("A").await?, None);
    assert_eq!(api.pay(&postback("A")).await?, 200);
    assert_eq!(api.paid_by("A").await?.as_deref(), Some("A"));
    // A second invoice of the same order is not lost, and not credited.
    assert_eq!(api.pay(&postback("A").invoice_id("SECOND")).await?, 200);
    let (_, _, reason) = api.held().await?.pop().ok_or("not held")?;
    assert_eq!(reason, PAID);
    assert_eq!(api.paid_by("A").await?.as_deref(), Some("A"));
    assert_eq!(database.count("outbox").await?, 1);
    Ok(())
}

/// The invoice of a cheap order pays that one, whatever order the body names.
#[tokio::test]
async fn the_proven_invoice_finds_the_order() -> TestResult {
    let Some(database) = Database::create("proven").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    let api = &shop.api;
    api.create("Mine").await?;
    api.create("Target").await?;
    let forged = postback("Target").invoice_id("Mine");
    assert_eq!(api.pay(&forged).await?, 200);
    assert_eq!(api.paid_by("Target").await?, None);
    assert_eq!(api.paid_by("Mine").await?, None);
    let (_, _, reason) = api.held().await?.pop().ok_or("not held")?;
    assert_eq!(reason, "postback does not match the order: order differs");
    Ok(())
}

/// As after a backup of the inbox alone was restored.
#[tokio::test]
async fn a_payment_that_the_inbox_has_forgotten_is_held() -> TestResult {
    let Some(database) = Database::create("forgotten").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    let api = &shop.api;
    api.create("A").await?;
    assert_eq!(api.pay(&postback("A")).await?, 200);
    database.run("DELETE FROM cryptocloud_inbox.report").await?;
    assert_eq!(api.pay(&postback("A")).await?, 200);
    let (_, _, reason) = api.held().await?.pop().ok_or("not held")?;
    assert_eq!(reason, PAID);
    assert_eq!(database.count("outbox").await?, 1);
    Ok(())
}

const PAID: &str = "order A was paid already, by invoice A";
const NO_ORDER: &str = "no order has this invoice, or has this id and no invoice";
