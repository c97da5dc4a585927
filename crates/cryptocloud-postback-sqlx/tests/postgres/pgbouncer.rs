use std::sync::Arc;

use cryptocloud_postback_inbox::{InboxStore, Settled, contract};
use cryptocloud_postback_sqlx::PostgresStore;
use throw_away_servers::PgBouncer;

use crate::{
    database::Database,
    shared::{PAY, PROJECT, Script, TestResult},
};

/// The store's connections take turns on two of the server, from transaction to transaction.
#[tokio::test(flavor = "multi_thread")]
async fn everything_works_in_transaction_mode() -> TestResult {
    let Some(mut database) = Database::empty(&[]).await else {
        return Ok(());
    };
    let Some(bouncer) = PgBouncer::start(&database.server, 2) else {
        return Ok(());
    };
    let url = format!(
        "postgres://postgres@127.0.0.1:{}/{}",
        bouncer.port(),
        database.name
    );
    database.store = PostgresStore::connect(&url).await?;
    database.create().await;
    let payment = database.payment().await;
    let settled = database.settle(&payment, &Script::new([PAY])).await;
    assert!(matches!(settled, Settled::Done), "{settled:?}");
    assert_eq!(database.paid().await, 1);
    assert_eq!(database.store.find(PROJECT, "A").await?.len(), 1);
    contract::verify(async || Arc::new(database.store.clone())).await;
    Ok(())
}
