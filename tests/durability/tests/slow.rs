//! SQLite has one writer: slow handlers of one process must leave room for another one.

use std::{sync::Arc, time::Duration};

use durability::{Framework, Options};
use tokio::task::JoinSet;

use crate::{
    TestResult,
    books::Books,
    eventually,
    place::{Kind, Place},
    sender::Response,
};

/// One process handles payments back to back, each for a while within its transaction, while another
/// one receives.
async fn check(work: Duration, waiting: usize, receives: usize) -> TestResult {
    let Some(place) = Place::new(Kind::Sqlite).await? else {
        return Ok(());
    };
    let receiver = place
        .start(&Options {
            is_store_first: true,
            workers: 0,
            ..place.options(Framework::Axum)
        })
        .await?;
    let books = Arc::new(Books::new()?);
    // Enough for handlers until the last receive.
    for number in 0..waiting {
        books
            .send(receiver.url(), &format!("WAITING{number}"))
            .await;
    }
    let worker = place
        .start(&Options {
            work,
            ..place.options(Framework::Actix)
        })
        .await?;
    eventually("a handler has run", async || {
        Ok(!place.ledger.effects().await?.is_empty())
    })
    .await?;
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (books, url) = (Arc::clone(&books), receiver.url().to_owned());
        senders.spawn(async move {
            for number in (sender..receives).step_by(SENDERS) {
                // A receive beyond its limit gets a 503.
                let response = books.send(&url, &format!("SLOW{number}")).await;
                assert_eq!(response, Response::Accepted);
            }
        });
    }
    senders.join_all().await;
    let balance = books.close(&place).await?;
    assert_eq!((balance.stored, balance.logged), (waiting + receives, 0));
    let effects = place.ledger.effects().await?;
    let mut effects = effects.values().flatten();
    assert!(effects.all(|effect| effect.process == "actix"));
    worker.end().await?;
    receiver.end().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receives_pass_slow_handlers() -> TestResult {
    check(Duration::from_millis(50), 40, 20).await
}

/// The file is free so rarely that a receive finds it so only if handlers pause.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receives_pass_very_slow_handlers() -> TestResult {
    check(Duration::from_millis(500), 10, 8).await
}

const SENDERS: usize = 2;
