//! Processes are killed, or restarted one after the other, while they process payments.

use std::{env, time::Duration};

use durability::Options;
use tokio::time;

use crate::{
    HANG, TestResult,
    fleet::Fleet,
    place::{Kind, Place},
    random::Random,
};

/// Claims of killed processes have to end within the test.
fn with_short_lease(options: Options, is_store_first: bool) -> Options {
    Options {
        is_store_first,
        lease: Duration::from_secs(3),
        ..options
    }
}

/// `kill -9` at random.
async fn check_kills(kind: Kind, is_store_first: bool) -> TestResult {
    let Some(place) = Place::new(kind).await? else {
        return Ok(());
    };
    let kills = match env::var("DURABILITY_KILLS") {
        Ok(number) => number.parse()?,
        Err(_) => KILLS,
    };
    let mut random = Random::new();
    let mut fleet =
        Fleet::start(&place, |options| with_short_lease(options, is_store_first)).await?;
    let flood = fleet.flood()?;
    while fleet.killed.len() < kills {
        let more = 1 + usize::try_from(random.below(5))?;
        flood.books.goes_on(more).await?;
        // A random moment of the work: there is no event to wait for.
        time::sleep(Duration::from_micros(random.below(10_000))).await;
        let victims = match random.below(4) {
            0 => 0..2,
            1 => 0..1,
            _ => 1..2,
        };
        for which in victims.clone() {
            fleet.kill(which);
        }
        for which in victims {
            fleet.replace(which, &flood.urls).await?;
        }
    }
    let books = flood.end().await;
    let balance = books.close(&place).await?;
    assert!(balance.stored >= balance.accepted);
    eprintln!("{kind:?}: {} kills", fleet.killed.len());
    fleet.end().await
}

macro_rules! kills {
    ($($name:ident: $kind:ident $is_store_first:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> TestResult {
            check_kills(Kind::$kind, $is_store_first).await
        }
    )*};
}

kills! {
    postgres_direct: Postgres false;
    postgres_store_first: Postgres true;
    // A payment may run twice, with the same idempotency key.
    redis_direct: Redis false;
    sqlite_direct: Sqlite false;
    sqlite_store_first: Sqlite true;
}

/// A rolling restart loses nothing, and no claim has to end by itself: what a worker has begun is
/// finished or released.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rolling_restart() -> TestResult {
    for kind in [Kind::Postgres, Kind::Sqlite] {
        let Some(place) = Place::new(kind).await? else {
            return Ok(());
        };
        // Longer than the test may take, so that what is left leased is stuck.
        let mut fleet = Fleet::start(&place, |options| Options {
            is_store_first: true,
            lease: HANG * 2,
            ..options
        })
        .await?;
        let flood = fleet.flood()?;
        for which in [0, 1, 0, 1] {
            flood.books.goes_on(10).await?;
            fleet.roll(which, &flood.urls).await?;
        }
        let books = flood.end().await;
        let balance = books.close(&place).await?;
        assert_eq!(balance.stored, balance.sent);
        fleet.end().await?;
    }
    Ok(())
}

/// `DURABILITY_KILLS` sets another number.
const KILLS: usize = 20;
