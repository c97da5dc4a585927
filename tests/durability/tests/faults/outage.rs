//! The database is down while postbacks arrive. They are in the log, and are imported afterwards.

use std::{collections::BTreeSet, time::Duration};

use cryptocloud_postback_sqlx::sqlx::{self, Connection as _, SqliteConnection};
use durability::Options;
use tokio::task::JoinSet;

use crate::{
    TestResult,
    books::is_idle,
    fleet::Fleet,
    place::{Kind, Place},
    sender::{Response, Sender, postback},
};

async fn check(kind: Kind) -> TestResult {
    let Some(place) = Place::alone(kind).await? else {
        return Ok(());
    };
    let fleet = Fleet::start(&place, |options| Options {
        lease: Duration::from_secs(3),
        ..options
    })
    .await?;
    let (sender, urls) = (Sender::new()?, fleet.urls());
    for url in &urls {
        let response = sender.send(url, &postback("WARM", 0)).await;
        assert_eq!(response, Response::Accepted);
    }

    // A writer that does not end is what an outage is for SQLite.
    let mut writer = None;
    if kind == Kind::Sqlite {
        let mut connection = SqliteConnection::connect(&place.store_url).await?;
        sqlx::raw_sql("BEGIN IMMEDIATE")
            .execute(&mut connection)
            .await?;
        writer = Some(connection);
    }
    place.server.crash().await?;
    let invoices: Vec<String> = (0..50).map(|number| format!("DOWN{number}")).collect();
    let all = send_all(&sender, &urls, &invoices).await;
    assert_eq!(all, vec![Response::Later; invoices.len()]);

    let lost = place.lost()?;
    let logged: BTreeSet<&str> = lost
        .iter()
        .map(|lost| lost.0.invoice_id().as_str())
        .collect();
    assert_eq!(lost.len(), invoices.len());
    assert_eq!(logged, invoices.iter().map(String::as_str).collect());

    place.server.resume().await?;
    if let Some(connection) = writer {
        connection.close().await?;
    }
    let operator = place.operator()?;
    for invoice in &invoices {
        let records = operator.find(invoice).await?;
        // A statement that waits for a SQLite file may get it after the 503: the report is stored as
        // a whole then, and in the log too.
        if kind != Kind::Sqlite {
            assert_eq!(records, [], "{invoice} is half stored");
        }
    }
    // Some senders do send again, at the same time.
    let (resent, _) = invoices.split_at(25);
    let imports = async {
        for lost in &lost {
            operator.import(&lost.0).await?;
        }
        TestResult::Ok(())
    };
    let (imported, resent) = tokio::join!(imports, send_all(&sender, &urls, resent));
    imported?;
    assert!(!resent.contains(&Response::Lost));
    is_idle(operator).await?;
    let effects = place.ledger.effects().await?;
    for invoice in &invoices {
        let effects = effects.get(invoice).map_or(0, Vec::len);
        assert_eq!(effects, 1, "{invoice}");
    }
    fleet.end().await
}

/// Sends all at once, half of them to each process.
async fn send_all(sender: &Sender, urls: &[String], invoices: &[String]) -> Vec<Response> {
    let mut sends = JoinSet::new();
    for (url, invoice) in urls.iter().cycle().zip(invoices) {
        let (sender, url, postback) = (sender.clone(), url.clone(), postback(invoice, 0));
        sends.spawn(async move { sender.send(&url, &postback).await });
    }
    sends.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_down() -> TestResult {
    check(Kind::Postgres).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_down() -> TestResult {
    check(Kind::Redis).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_locked() -> TestResult {
    check(Kind::Sqlite).await
}
