//! Both shops respond as their documents say, whatever is sent.

use std::{collections::BTreeSet, panic::resume_unwind};

use tokio::task;

use crate::{Kind, SECRET, TestResult, World, postback, projects::file, schemathesis};

on_both!(nothing_is_undocumented, what_needs_a_login_says_so);

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

/// An operator who mounts the shop reads which routes must not be public.
async fn what_needs_a_login_says_so(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop_of(&file("shop", SECRET, &[])).await?;
    let document = shop.get("/openapi.json").await?;
    let about = document["info"]["description"].as_str();
    assert!(about.is_some_and(|about| about.contains("no login of its own")));
    let mut needs = BTreeSet::new();
    for (path, item) in document["paths"].as_object().ok_or("no paths")? {
        for (method, operation) in item.as_object().ok_or("no operations")? {
            let text = operation["description"].as_str().unwrap_or_default();
            if text.contains("Put your own login before this route") {
                needs.insert(format!("{method} {path}"));
            }
        }
    }
    let expected = [
        "get /held",
        "get /orders",
        "get /orders/{id}",
        "post /held/{id}/accept",
        "post /held/{id}/dismiss",
        "post /held/{id}/retry",
        "post /orders",
    ];
    assert_eq!(needs, expected.map(ToOwned::to_owned).into());
    Ok(())
}
