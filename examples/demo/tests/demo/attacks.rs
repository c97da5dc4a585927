use serde_json::Value;

use crate::{Server, TestResult, check};

#[tokio::test]
async fn forged_tokens_are_refused_and_change_nothing() -> TestResult {
    let server = Server::start().await?;
    let invoice = server.order("A").await?;
    let forged = "token's signature does not match the secret";
    for is_paid in [false, true] {
        for (button, format, reason, stopped_at) in [
            ("forged_token", "json", forged, "signature"),
            (
                "no_token",
                "json",
                "token is missing: token is missing or blank",
                "token",
            ),
            ("forged_form", "form", forged, "signature"),
            (
                "other_invoice",
                "json",
                "token was not issued for this invoice: id names another invoice",
                "invoice",
            ),
        ] {
            server.press("A", button).await?;
            let newest = server.newest().await?;
            check(&newest, "refused", 401, reason.into(), stopped_at.into());
            assert_eq!([&newest["cause"], &newest["format"]], [button, format]);
            assert_eq!(newest["invoice_id"], invoice);
        }
        if !is_paid {
            assert_eq!(server.paid_by("A").await?, Value::Null);
            server.press("A", "payment").await?;
        }
        assert_eq!(server.paid_by("A").await?, invoice);
    }
    Ok(())
}

#[tokio::test]
async fn a_forged_amount_is_held_because_the_vendor_states_another() -> TestResult {
    let server = Server::start().await?;
    let invoice = server.order("A").await?;
    server.press("A", "forged_amount").await?;
    let newest = server.newest().await?;
    check(
        &newest,
        "held",
        200,
        "invoice is paid in part".into(),
        "order".into(),
    );
    assert_eq!([&newest["amount"], &newest["order_id"]], ["12.5", "A"]);
    assert_eq!(
        server.get("/held").await?[0]["reason"],
        "invoice is paid in part"
    );
    assert_eq!(server.paid_by("A").await?, Value::Null);
    // The customer pays the rest, and the worker asks the vendor again.
    server.press("A", "payment").await?;
    server.until("worker", "paid").await?;
    assert_eq!(server.paid_by("A").await?, invoice);
    assert_eq!(server.get("/held").await?, Value::Array(Vec::new()));
    Ok(())
}

/// The vendor confirms the payment that is done, which settles the conflict.
#[tokio::test]
async fn a_forged_amount_after_the_payment_is_a_conflict_until_the_vendor_is_asked() -> TestResult {
    let server = Server::start().await?;
    let invoice = server.order("A").await?;
    server.press("A", "payment").await?;
    server.press("A", "forged_amount").await?;
    let entries = server.entries().await?;
    let newest = entries.iter().find(|one| one["cause"] == "forged_amount");
    let reason = "invoice was reported with other fields before";
    check(
        newest.ok_or("no entry")?,
        "conflict",
        409,
        reason.into(),
        "once".into(),
    );
    let dismissed = server.until("confirmation", "dismissed").await?;
    assert_eq!(
        [&dismissed["amount"], &dismissed["response"]],
        [&"1250".into(), &Value::Null]
    );
    assert_eq!(dismissed["stopped_at"], "once");
    let reason = dismissed["reason"].as_str().ok_or("no reason")?;
    assert!(
        reason.starts_with("payment was credited already"),
        "{reason}"
    );
    assert_eq!(server.paid_by("A").await?, invoice);
    Ok(())
}
