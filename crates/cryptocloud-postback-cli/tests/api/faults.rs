//! Faults on request.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{KEY, TestResult, mimic::Mimic, order};

#[tokio::test]
async fn faults_on_request() -> TestResult {
    let mimic = Mimic::start(&[])?;
    let create = async || mimic.send("/v2/invoice/create", KEY, &order("1")).await;
    let fault = async |fault: Value| mimic.post("/faults", &fault).await;
    fault(json!({ "status": 429, "retry_after": 5, "count": 2 })).await?;
    for _ in 0..2 {
        let limited = create().await?;
        assert_eq!(limited.status(), 429);
        assert_eq!(limited.headers()["retry-after"], "5");
    }
    assert_eq!(create().await?.status(), 200);
    for status in [401, 500] {
        fault(json!({ "status": status })).await?;
        let failed = create().await?;
        assert_eq!(failed.status(), status);
        let body: Value = serde_json::from_str(&failed.text().await?)?;
        let unauthorized = json!({ "authorization": "Unauthorized request." });
        assert_eq!(body["status"], "error");
        assert_eq!(body["result"] == unauthorized, status == 401, "{body}");
        assert_eq!(create().await?.status(), 200);
    }
    fault(json!({ "status": "down" })).await?;
    assert!(create().await.is_err_and(|error| !error.is_timeout()));
    fault(json!({ "status": "cut" })).await?;
    let cut = create().await?;
    assert_eq!(cut.status(), 200);
    assert!(cut.text().await.is_err());
    fault(json!({ "status": "slow", "seconds": 3_600 })).await?;
    let slow = mimic
        .client
        .post(format!("{}/v2/invoice/create", mimic.origin));
    let slow = slow.header("content-type", "application/json");
    let slow = slow.timeout(Duration::from_millis(200)).send().await;
    assert!(slow.is_err_and(|error| error.is_timeout()));
    fault(json!({ "status": "slow", "seconds": 0 })).await?;
    assert_eq!(create().await?.status(), 200);
    // Payments go on while the API is down.
    let uuid = mimic.create(&order("1")).await?;
    fault(json!({ "status": "down", "count": 99 })).await?;
    assert_eq!(mimic.pay(&uuid, &json!({ "status": "paid" })).await?.0, 200);
    let clear = mimic.client.delete(format!("{}/faults", mimic.origin));
    clear
        .header("content-type", "application/json")
        .send()
        .await?
        .error_for_status()?;
    assert_eq!(create().await?.status(), 200);
    for invalid in [
        json!({ "status": 200 }),
        json!({ "status": "x" }),
        json!({ "status": 429, "typo": 1 }),
    ] {
        assert_eq!(fault(invalid).await?.0, 400);
    }
    let broken = Mimic::start(&["--fault", r#"{"status":503,"count":1}"#])?;
    assert_eq!(
        broken
            .send("/v2/invoice/create", KEY, &order("1"))
            .await?
            .status(),
        503
    );
    assert_eq!(
        broken
            .send("/v2/invoice/create", KEY, &order("1"))
            .await?
            .status(),
        200
    );
    Ok(())
}
