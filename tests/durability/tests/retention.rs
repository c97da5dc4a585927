//! The retention counts from settlement, and a purged payment is not credited again.

use cryptocloud_postback_inbox::Record;
use durability::Framework;

use crate::{
    TestResult,
    place::{Kind, Place},
    sender::{Response, Sender, postback},
};

async fn check(kind: Kind, framework: Framework) -> TestResult {
    let Some(place) = Place::new(kind).await? else {
        return Ok(());
    };
    let receiver = place.start(&place.options(framework)).await?;
    let sender = Sender::new()?;
    let response = sender.send(receiver.url(), &postback("OLD", 0)).await;
    assert_eq!(response, Response::Accepted);

    // Received long ago, and settled only later.
    move_back(&place, "received_at", 500).await?;
    move_back(&place, "settled_at", 399).await?;
    let operator = place.operator()?;
    assert_eq!(operator.purge().await?, 0);
    assert!(record(&place).await?.report.fields.order_id.is_some());

    move_back(&place, "settled_at", 2).await?;
    assert_eq!(operator.purge().await?, 1);
    assert!(record(&place).await?.report.fields.order_id.is_none());

    // The resend is the subject here.
    for copy in 0..4 {
        let response = sender.send(receiver.url(), &postback("OLD", copy)).await;
        assert_eq!(response, Response::Accepted);
    }
    assert_eq!(operator.find("OLD").await?.len(), 1);
    let effects = place.ledger.effects().await?;
    assert_eq!(effects.get("OLD").map(Vec::len), Some(1));
    receiver.end().await
}

async fn record(place: &Place) -> TestResult<Record> {
    let mut records = place.operator()?.find("OLD").await?;
    Ok(records.pop().ok_or("no record")?)
}

/// Moves a time of all reports back, by days.
async fn move_back(place: &Place, column: &str, days: i64) -> TestResult {
    let sql = match place.kind {
        Kind::Postgres => format!(
            "UPDATE cryptocloud_inbox.report SET {column} = {column} - interval '{days} days'"
        ),
        _ => format!(
            "UPDATE cryptocloud_inbox_report SET {column} = {column} - {days} * 86400 * 1000"
        ),
    };
    Ok(place.ledger.run(&sql).await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_purged() -> TestResult {
    check(Kind::Postgres, Framework::Axum).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_purged() -> TestResult {
    check(Kind::Sqlite, Framework::Actix).await
}
