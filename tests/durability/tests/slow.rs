//! SQLite has one writer: slow handlers of one process must leave room for another one.

use std::time::Duration;

use durability::{Framework, Options};
use tokio::task::JoinSet;

use crate::{
    TestResult,
    books::Books,
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
    let handles = place
        .start(&Options {
            work: Duration::from_millis(50),
            ..place.options(Framework::Actix)
        })
        .await?;
    let books = std::sync::Arc::new(Books::new()?);
    let mut senders = JoinSet::new();
    for sender in 0..4 {
        let (books, url) = (std::sync::Arc::clone(&books), receives.url().to_owned());
        senders.spawn(async move {
            for number in 0..25 {
                // A receive beyond its limit gets a 503.
                let response = books.send(&url, &format!("SLOW{sender}X{number}")).await;
                assert_eq!(response, Response::Accepted);
            }
        });
    }
    senders.join_all().await;
    let balance = books.close(&place).await?;
    assert_eq!((balance.stored, balance.logged), (100, 0));
    let effects = place.ledger.effects().await?;
    let mut effects = effects.values().flatten();
    assert!(effects.all(|effect| effect.process == "actix"));
    handles.end().await?;
    receives.end().await
}
