//! The database is down while postbacks arrive, and the log is imported afterwards.

use cryptocloud_postback::{SecretKey, Verified, Verifier, testing::PostbackBuilder};
use cryptocloud_postback_inbox::{Counts, Failure, Handler, Inbox, Payment, State};
use cryptocloud_postback_sqlx::{
    PostgresStore,
    sqlx::{self, PgConnection, PgPool},
};
use futures_util::future;
use throw_away_servers::PostgresServer;
use tokio::task::spawn_blocking;

use crate::{
    PASSWORD, TestResult, log::Log, program as inbox_program, program::SECRET, run as run_program,
};

/// Credits without any check of its own whether it did so before.
struct Shop;

impl Handler<PgConnection> for Shop {
    async fn handle(&self, payment: &Payment, tx: &mut PgConnection) -> Result<(), Failure> {
        sqlx::query("INSERT INTO credit (invoice) VALUES ($1)")
            .bind(payment.invoice_id().as_str())
            .execute(tx)
            .await?;
        Ok(())
    }
}

fn postback(number: i64) -> TestResult<Verified> {
    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    let signed = PostbackBuilder::new(SECRET)
        .invoice_id(&format!("DOWN{number}"))
        .order_id(&format!("ORDER_{number}"))
        .json();
    Ok(verifier.verify(signed.head(), signed.body())?)
}

#[tokio::test]
async fn each_is_paid_once_also_beside_resends() -> TestResult {
    let Some(server) = PostgresServer::start() else {
        return Ok(());
    };
    let url = format!(
        "postgres://postgres:{PASSWORD}@127.0.0.1:{}/postgres",
        server.port()
    );
    let store = PostgresStore::connect(&url).await?;
    store.migrate().await?;
    sqlx::raw_sql("CREATE TABLE credit (invoice text NOT NULL)")
        .execute(store.pool())
        .await?;
    let pool = store.pool().clone();
    let inbox = Inbox::builder("shop", store, Shop).build()?;
    let postbacks = (0..COUNT).map(postback).collect::<TestResult<Vec<_>>>()?;

    server.crash()?;
    let log = Log::default();
    let (first, second) = postbacks.split_at(postbacks.len() / 2);
    for (postbacks, format) in [(first, Log::text as fn(&Log) -> _), (second, Log::json)] {
        let _guard = format(&log);
        let responses = postbacks.iter().map(|postback| inbox.receive(postback));
        for response in future::join_all(responses).await {
            assert_eq!(response.status(), 503);
        }
    }
    server.resume()?;

    // Every third one is sent again, while the log is imported.
    let (database_url, bytes) = (url.clone(), log.bytes());
    let imported = spawn_blocking(move || {
        let mut command = inbox_program(&["import", "--json", "-"]);
        run_program(command.env("DATABASE_URL", database_url), &bytes)
    });
    let resent = future::join_all(postbacks.iter().step_by(3).map(|one| inbox.receive(one)));
    let (imported, _) = future::join(imported, resent).await;
    let imported = imported?;
    assert_eq!(imported.code, Some(0), "{imported:?}");
    let count = |name: &str| imported.json()[name].as_i64().unwrap_or_default();
    assert_eq!(count("stored") + count("known"), COUNT);

    while inbox.run_once().await? > 0 {}
    assert_eq!(credits(&pool).await?, (COUNT, COUNT));
    // Nothing is left to do, also after another import and another resend of each.
    let mut command = inbox_program(&["import", "--json", "-"]);
    let again = run_program(command.env("DATABASE_URL", &url), &log.bytes());
    assert_eq!(again.json()["known"], COUNT);
    for postback in &postbacks {
        assert_eq!(inbox.receive(postback).await.status(), 200);
        let records = inbox.find(postback.invoice_id().as_str()).await?;
        let states: Vec<State> = records.iter().map(|record| record.state).collect();
        assert_eq!(states, [State::Done]);
    }
    assert_eq!(inbox.store().counts("shop").await?, Counts::default());
    assert_eq!(credits(&pool).await?, (COUNT, COUNT));
    Ok(())
}

/// How many credits there are, and of how many invoices.
async fn credits(pool: &PgPool) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as("SELECT count(*), count(DISTINCT invoice) FROM credit")
        .fetch_one(pool)
        .await
}

const COUNT: i64 = 24;
