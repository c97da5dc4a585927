//! What Prometheus and a load balancer see.

use cryptocloud_postback::metrics::{METRICS, Metric};
use serde_json::json;

use crate::{
    API_KEY, Kind, SECRET, TestResult, World, postback,
    projects::{NEW, file},
    until,
};

on_both!(
    a_payment_is_measured_and_nothing_secret,
    a_fresh_shop_counts_from_zero,
    a_shop_whose_database_is_away_is_not_ready_until_it_is_back,
    the_file_of_projects_is_measured,
);

async fn a_payment_is_measured_and_nothing_secret(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    let invoice = shop.order("Order-7K2M").await?;
    world.vendor.pay(&invoice).await?;
    let paid = postback(&invoice, "Order-7K2M");
    assert_eq!(shop.pay(&paid).await?, 200);
    let forged = paid.clone().secret("not-the-key-of-this-shop-but-as-long");
    assert_eq!(shop.pay(&forged).await?, 401);

    let metrics = shop.get("/metrics").await?;
    let metrics = metrics.as_str().ok_or("no text")?;
    for line in [
        r#"cryptocloud_postback_received_total{project="shop",outcome="accepted",kind=""} 1"#,
        r#"cryptocloud_postback_received_total{project="shop",outcome="refused",kind="TokenSignature"} 1"#,
        r#"cryptocloud_postback_inbox_attempts_total{project="shop",outcome="done"} 1"#,
        r#"cryptocloud_postback_inbox_response_seconds_count{project="shop",status="200"} 1"#,
        r#"cryptocloud_postback_inbox_lost_total{project="shop"} 0"#,
        r#"cryptocloud_postback_api_calls_total{path="/v2/invoice/create",outcome="Ok"} 1"#,
    ] {
        assert!(
            metrics.lines().any(|other| other == line),
            "{line}: {metrics}"
        );
    }
    let tables = [
        METRICS,
        cryptocloud_postback_api::metrics::METRICS,
        cryptocloud_postback_inbox::metrics::METRICS,
        cryptocloud_postback_projects::metrics::METRICS,
    ];
    let documented: Vec<&Metric> = tables.into_iter().flatten().collect();
    for help in metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# HELP "))
    {
        let is_documented = documented.iter().any(|metric| {
            let text = help.strip_prefix(metric.name);
            text.is_some_and(|text| text.trim() == metric.help)
        });
        assert!(is_documented, "{help}");
    }
    let token = paid.signed_token();
    let token = token.split('.');
    for secret in token.chain([SECRET, API_KEY, &invoice, "Order-7K2M", &world.database]) {
        assert!(!metrics.contains(secret), "{secret}: {metrics}");
    }
    Ok(())
}

/// An increase from nothing to 1 is none for Prometheus, so no alert would see the first refusal.
async fn a_fresh_shop_counts_from_zero(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    for metric in [
        r#"received_total{project="",outcome="refused",kind="VerifierAmbiguous"}"#,
        r#"received_total{project="",outcome="refused",kind="VerifierMissing"}"#,
        r#"received_total{project="shop",outcome="refused",kind="ClockBeforeEpoch"}"#,
        r#"received_total{project="shop",outcome="refused",kind="TokenSignature"}"#,
        r#"last_accepted_timestamp_seconds{project="shop"}"#,
        r#"inbox_lost_total{project="shop"}"#,
    ] {
        assert_eq!(shop.measured(metric).await?, "0", "{metric}");
    }
    let shop = world.shop_of(&file("shop", SECRET, &[])).await?;
    for reason in ["route", "unavailable", "unknown"] {
        let metric = format!("projects_refused_total{{reason=\"{reason}\"}}");
        assert_eq!(shop.measured(&metric).await?, "0", "{metric}");
    }
    Ok(())
}

async fn the_file_of_projects_is_measured(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let club = file("club", NEW, &[]);
    let shop = world.shop_of(&(file("shop", SECRET, &[]) + &club)).await?;
    let until_measured = async |metric: &str, value: &str| {
        let what = format!("{metric} is {value}");
        let is_so = async || Ok(shop.measured(metric).await? == value);
        until(&what, is_so).await
    };
    until_measured("projects_file_in_use", "1").await?;
    world.write_projects("[projects.shop]\nsecrets = 'misspelt'\n")?;
    until_measured("projects_file_in_use", "0").await?;
    assert!(
        shop.process
            .log()?
            .contains("line 2: unknown setting `secrets`")
    );
    // The last good one is in use.
    let held = postback("A", "no such order");
    assert_eq!(shop.pay_at("/postback/shop", &held).await?, 200);

    world.write_projects(&club)?;
    until_measured("projects_file_in_use", "1").await?;
    until_measured(r#"projects_known{project="shop"}"#, "0").await?;
    // What it has stored is still there to decide.
    until_measured(r#"inbox_reports{project="shop",state="held"}"#, "1").await?;
    assert_eq!(shop.held().await?.len(), 1);
    assert_eq!(shop.pay_at("/postback/shop", &held).await?, 404);
    let unknown = r#"projects_refused_total{reason="unknown"}"#;
    assert_eq!(shop.measured(unknown).await?, "1");
    Ok(())
}

async fn a_shop_whose_database_is_away_is_not_ready_until_it_is_back(kind: Kind) -> TestResult {
    let Some(world) = World::alone(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    assert_eq!(shop.ask("/readyz").await?, (200, json!("ready")));
    assert_eq!(shop.ask("/healthz").await?.0, 200);

    world.take_database_away()?;
    until("the shop is not ready", async || {
        Ok(shop.ask("/readyz").await?.0 != 200)
    })
    .await?;
    let (status, reason) = shop.ask("/readyz").await?;
    // A connection that is refused is tried again until the time is up.
    let reasons = ["store is unavailable", "store timed out"];
    let reasons = reasons.map(|reason| json!(format!("store cannot be used: {reason}")));
    assert!(
        status == 503 && reasons.contains(&reason),
        "{status} {reason}"
    );
    // It lives: a supervisor that starts it again would change nothing.
    assert_eq!(shop.ask("/healthz").await?.0, 200);

    world.bring_database_back()?;
    until("the shop is ready", async || {
        Ok(shop.ask("/readyz").await?.0 == 200)
    })
    .await?;
    let invoice = shop.order("A").await?;
    world.vendor.pay(&invoice).await?;
    assert_eq!(shop.pay(&postback(&invoice, "A")).await?, 200);
    assert_eq!(shop.paid_by("A").await?, json!(invoice));
    Ok(())
}
