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

/// One process handles payments back to back, each for 50 ms within its transaction, while another
/// one receives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receives_pass_slow_handlers() -> TestResult {
    let Some(place) = Place::new(Kind::Sqlite).await? else {
        return Ok(());
    };
    let receives = place
        .start(&Options {
            is_store_first: true,
            workers: 0,
            ..place.options(Framework::Axum)
        })
        .await?;
    let books = Arc::new(Books::new()?);
    // Enough for handlers until the last receive.
    for number in 0..WAITING {
        books
            .send(receives.url(), &format!("WAITING{number}"))
            .await;
    }
    let handles = place
        .start(&Options {
            work: Duration::from_millis(50),
            ..place.options(Framework::Actix)
        })
        .await?;
    eventually("a handler has run", async || {
        Ok(!place.ledger.effects().await?.is_empty())
    })
    .await?;
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (books, url) = (Arc::clone(&books), receives.url().to_owned());
        senders.spawn(async move {
            for number in 0..EACH {
                // A receive beyond its limit gets a 503.
                let response = books.send(&url, &format!("SLOW{sender}X{number}")).await;
                assert_eq!(response, Response::Accepted);
            }
        });
    }
    senders.join_all().await;
    let balance = books.close(&place).await?;
    let all = WAITING + SENDERS * EACH;
    assert_eq!((balance.stored, balance.logged), (all, 0));
    let effects = place.ledger.effects().await?;
    let mut effects = effects.values().flatten();
    assert!(effects.all(|effect| effect.process == "actix"));
    handles.end().await?;
    receives.end().await
}

const EACH: usize = 10;
const SENDERS: usize = 4;
const WAITING: usize = 100;
