//! Store-first mode: many payments, two processes that handle them, one of which is killed.

use std::{env, sync::Arc, time::Duration};

use durability::Options;
use tokio::task::JoinSet;

use crate::{
    TestResult,
    books::Books,
    fleet::Fleet,
    place::{Kind, Place},
    sender::Response,
};

async fn check(kind: Kind) -> TestResult {
    let Some(place) = Place::new(kind).await? else {
        return Ok(());
    };
    let payments = match env::var("DURABILITY_PAYMENTS") {
        Ok(number) => number.parse()?,
        Err(_) => PAYMENTS,
    };
    let mut fleet = Fleet::start(&place, |options| Options {
        is_store_first: true,
        lease: Duration::from_secs(3),
        ..options
    })
    .await?;
    let (books, urls) = (Arc::new(Books::new()?), Arc::new(fleet.urls()));
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (books, urls) = (Arc::clone(&books), Arc::clone(&urls));
        senders.spawn(async move {
            for number in (sender..payments).step_by(SENDERS) {
                let invoice = format!("FIRST{number}");
                // The other one, if this one is killed.
                for turn in number.. {
                    let url = &urls[turn % urls.len()];
                    if books.send(url, &invoice).await != Response::Unreached {
                        break;
                    }
                }
            }
        });
    }
    books
        .wait_for(|counts| counts.accepted > payments / 2)
        .await?;
    fleet.kill(0);
    senders.join_all().await;
    let balance = books.close(&place).await?;
    assert_eq!(balance.sent, payments);
    // Those that the killed process was about to receive.
    let unknown = payments - balance.accepted;
    assert!(unknown <= SENDERS, "{balance:?}");
    assert!(balance.stored >= balance.accepted);
    let effects = place.ledger.effects().await?;
    assert_eq!(effects.len(), balance.stored);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_many() -> TestResult {
    check(Kind::Postgres).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_many() -> TestResult {
    check(Kind::Sqlite).await
}

/// `DURABILITY_PAYMENTS` sets another number.
const PAYMENTS: usize = 2_000;
const SENDERS: usize = 8;
