//! One trace, from the request to the worker that pays the order.

use otlp_receiver::OtlpReceiver;
use serde_json::json;

use crate::{API_KEY, Kind, SECRET, TestResult, World, postback, until};

on_both!(
    a_trace_goes_from_the_request_to_the_third_attempt,
    no_address_of_a_receiver_that_is_wrong_is_printed,
);

async fn a_trace_goes_from_the_request_to_the_third_attempt(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let receiver = OtlpReceiver::start().await?;
    let mut command = world.command();
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        // Reconciliation that came before the postback would store the payment without its trace.
        .env("RECONCILE_SECONDS", "100000");
    let shop = world.start(command).await?;
    let invoice = shop.order("Order-7K2M").await?;
    world.vendor.pay(&invoice).await?;
    world.run("ALTER TABLE outbox RENAME TO away").await?;
    let paid = postback(&invoice, "Order-7K2M");
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assert_eq!(shop.pay_within(&paid, parent).await?, 503);
    until("the second attempt fails", async || {
        Ok(shop.process.log()?.matches("payment failed").count() == 2)
    })
    .await?;
    world.run("ALTER TABLE away RENAME TO outbox").await?;
    assert_eq!(shop.until_paid("Order-7K2M").await?, json!(invoice));
    // What was not exported yet is exported before the end.
    assert!(shop.process.stop().await?.success());

    let trace = "0af7651916cd43dd8448eb211c80319c";
    let mut spans = receiver.spans();
    spans.retain(|span| span.trace_id == trace);
    let program = match kind {
        Kind::ActixShop => "actix-shop",
        Kind::AxumShop => "axum-shop",
    };
    assert!(
        spans.iter().all(|span| span.service == program),
        "{spans:#?}"
    );
    let request = spans.iter().filter(|span| span.name == "postback");
    let parents: Vec<_> = request.map(|span| span.parent_id.as_deref()).collect();
    assert_eq!(parents, [Some("b7ad6b7169203331")], "{spans:#?}");
    let attempts = spans.iter().filter(|span| span.name == "attempt");
    let mut attempts: Vec<_> = attempts.map(|span| span.get("attempt")).collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [Some("1"), Some("2"), Some("3")], "{spans:#?}");

    let exported = format!("{:?}", receiver.spans());
    let token = paid.signed_token();
    for secret in token.split('.').chain([SECRET, API_KEY, &world.database]) {
        assert!(!exported.contains(secret), "{secret} was exported");
    }
    Ok(())
}

async fn no_address_of_a_receiver_that_is_wrong_is_printed(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let mut command = world.command();
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:pass word@[");
    let error = world.start(command).await.err().ok_or("it started")?;
    let error = error.to_string();
    assert!(
        error.contains("OTEL_EXPORTER_OTLP_ENDPOINT: not an address"),
        "{error}"
    );
    assert!(!error.contains("pass word"), "{error}");
    Ok(())
}
