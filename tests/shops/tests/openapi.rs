//! Both shops respond as their documents say, whatever is sent.

use std::panic::resume_unwind;

use tokio::task;

use crate::{Kind, SECRET, TestResult, World, postback, schemathesis};

on_both!(nothing_is_undocumented);

async fn nothing_is_undocumented(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let mut command = world.command();
    command.env_remove("CRYPTOCLOUD_API_KEY");
    let shop = world.start(command).await?;
    // Held, by one of the first ids that are tried.
    assert_eq!(shop.pay(&postback("UNKNOWN", "none")).await?, 200);

    let document = format!("{}/openapi.json", shop.process.origin);
    let run = task::spawn_blocking(move || schemathesis::run(&document, SECRET)).await;
    let Some(seen) = run.unwrap_or_else(|error| resume_unwind(error.into_panic())) else {
        return Ok(());
    };
    for line in [
        "GET /healthz 200",
        "GET /held 200",
        "GET /orders 200",
        "GET /orders/{id} 404",
        "GET /readyz 200",
        "POST /held/{id}/accept 404",
        "POST /held/{id}/dismiss 404",
        "POST /held/{id}/retry 404",
        "POST /orders 201",
        "POST /postback 200",
        "POST /postback 401",
    ] {
        assert!(seen.contains(line), "{line} is missing in {seen:?}");
    }
    Ok(())
}
