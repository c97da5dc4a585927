use serde_json::{Value, json};

use crate::{Server, TestResult};

#[tokio::test]
async fn an_operator_decides_about_what_is_held() -> TestResult {
    let server = Server::start().await?;
    let invoice = server.order("A").await?;
    server.order("B").await?;
    for id in ["A", "B"] {
        server.press(id, "forged_amount").await?;
    }
    let held = server.get("/held").await?;
    let path = |index: usize, decision| format!("/held/{}/{decision}", held[index]["id"]);
    let accept = json!({"amount": "12.5", "order_id": "A"});
    assert_eq!(server.post(&path(0, "accept"), &accept).await?.0, 200);
    server.until("decision", "paid").await?;
    let note = json!({"note": "not a payment"});
    assert_eq!(server.post(&path(1, "dismiss"), &note).await?.0, 200);
    server.until("decision", "dismissed").await?;
    assert_eq!(server.paid_by("A").await?, invoice);
    assert_eq!(server.paid_by("B").await?, Value::Null);
    assert_eq!(server.get("/held").await?, json!([]));

    server.press("B", "forged_amount").await?;
    assert_eq!(server.newest().await?["outcome"], "dismissed");
    assert_eq!(server.paid_by("B").await?, Value::Null);
    Ok(())
}
