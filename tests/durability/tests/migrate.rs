//! Start and migration beside an open transaction, while payments come in.

use std::time::Duration;

use cryptocloud_postback_sqlx::{
    PostgresStore,
    sqlx::{self, Connection as _, PgConnection},
};
use durability::{Framework, Options};

use crate::{
    TestResult,
    fleet::Fleet,
    place::{Kind, Place},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn start_and_migrate_under_load() -> TestResult {
    let Some(place) = Place::new(Kind::Postgres).await? else {
        return Ok(());
    };
    let fleet = Fleet::start(&place, |options| Options {
        lease: Duration::from_secs(3),
        ..options
    })
    .await?;
    let flood = fleet.flood()?;
    flood.books.goes_on(10).await?;
    // A report that an operator looks at, in a transaction that does not end.
    let mut open = PgConnection::connect(&place.store_url).await?;
    let mut open = open.begin().await?;
    sqlx::query("SELECT 1 FROM cryptocloud_inbox.report LIMIT 1 FOR UPDATE")
        .execute(&mut *open)
        .await?;

    let new = place.start(&place.options(Framework::Axum)).await?;
    let store = PostgresStore::connect(&place.store_url).await?;
    store.migrate().await?;
    flood.books.goes_on(50).await?;
    open.rollback().await?;
    let books = flood.end().await;
    let balance = books.close(&place).await?;
    assert_eq!(balance.accepted, balance.sent);
    new.end().await?;
    fleet.end().await
}
