use axum_shop::Payment;
use cryptocloud_postback_sqlx::sqlx;
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::task;

use crate::{ORDER, Server, TestResult, create, get, pay, postback, verifier};

#[tokio::test]
async fn many_at_once_have_one_effect() -> TestResult {
    let server = Server::start("many").await?;
    create(&server.shop, ORDER).await?;
    let shops = [server.shop.clone(), server.open_again().await?];
    let paid = postback();
    let answers = try_join_all((0..32).map(|n| pay(&shops[n % 2], &paid))).await?;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let kept = postback().invoice_id("OTHER");
    let answers = try_join_all((0..32).map(|n| pay(&shops[n % 2], &kept))).await?;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(
        get(&shops[1], "/orders/A").await?.body["paid_by"],
        "ILRAJE1Q"
    );
    let kept = get(&shops[1], "/unsettled").await?.body;
    assert_eq!(kept.as_array().map(Vec::len), Some(1), "{kept}");
    Ok(())
}

/// As a client does that hangs up, a little later each time.
#[tokio::test]
async fn a_dropped_payment_is_done_as_a_whole_or_not_at_all() -> TestResult {
    let server = Server::start("dropped").await?;
    let verifier = verifier()?;
    let mut ticks = 0;
    loop {
        let id = format!("ORDER{ticks}");
        let order = ORDER.replace("\"A\"", &format!("\"{id}\""));
        assert_eq!(create(&server.shop, &order).await?.status, 201, "{ticks}");
        let signed = postback().invoice_id(&id).order_id(&id).json();
        let verified = verifier.verify(Some(signed.content_type()), signed.body())?;
        let is_through = tokio::select! {
            biased;
            payment = server.shop.pay(&verified) => payment? == Payment::Paid,
            () = async { for _ in 0..ticks { task::yield_now().await } } => false,
        };
        let is_paid = server.shop.find(&id).await?.paid_by.is_some();
        let again = server.shop.pay(&verified).await?;
        // A commit that was on its way may have arrived since.
        let is_whole = again == Payment::Duplicate || (!is_paid && again == Payment::Paid);
        assert!(is_whole, "{ticks}: {is_paid}, {again:?}");
        assert_eq!(server.shop.find(&id).await?.paid_by, Some(id), "{ticks}");
        if is_through {
            assert!(is_paid);
            return Ok(());
        }
        ticks += 1 + ticks / 8;
    }
}

/// A purge too early, or a claim lost with a restored backup.
#[tokio::test]
async fn forgotten_claims_pay_nothing_twice() -> TestResult {
    let server = Server::start("forgotten").await?;
    create(&server.shop, ORDER).await?;
    create(&server.shop, &ORDER.replace("\"A\"", "\"B\"")).await?;
    let database = server.database().await?;
    for order in ["A", "A", "B"] {
        let postback = postback().order_id(order);
        assert_eq!(pay(&server.shop, &postback).await?.status, 200);
        sqlx::query("DELETE FROM cryptocloud_inbox")
            .execute(&database)
            .await?;
    }
    assert_eq!(
        get(&server.shop, "/orders/A").await?.body["paid_by"],
        "ILRAJE1Q"
    );
    assert_eq!(
        get(&server.shop, "/orders/B").await?.body["paid_by"],
        Value::Null
    );
    let kept = get(&server.shop, "/unsettled").await?.body;
    assert_eq!(kept.as_array().map(Vec::len), Some(1), "{kept}");
    assert_eq!(kept[0]["reason"], "invoice has paid another order");
    Ok(())
}
