//! What is done and said at the start.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use cryptocloud_postback_sqlx::{
    PostgresStore, TableName,
    sqlx::{Executor, PgPool},
};
use tokio::task::JoinSet;
use tracing::{
    Event, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};

use super::Shop;
use crate::TestResult;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn migrated_twice_and_at_once() -> TestResult {
    let Some(shop) = Shop::open("migrated").await? else {
        return Ok(());
    };
    let table = TableName::parse("migrated_at_once")?;
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let pool = PgPool::connect_lazy_with(shop.options.clone());
        let store = PostgresStore::with_table(pool, &table);
        tasks.spawn(async move { store.migrate().await });
    }
    for result in tasks.join_all().await {
        result?;
    }
    PostgresStore::connect(shop.options.clone()).await?;
    let store = PostgresStore::connect(shop.options.clone()).await?;
    // Before the inbox gives up.
    assert!(store.pool().options().get_acquire_timeout() < Duration::from_secs(5));
    Ok(())
}

#[tokio::test]
async fn migrated_again_it_logs_nothing() -> TestResult {
    let Some(shop) = Shop::open("quiet").await? else {
        return Ok(());
    };
    let notices = Notices::default();
    let _default = tracing::subscriber::set_default(notices.clone());
    shop.store
        .pool()
        .execute("DROP TABLE IF EXISTS nowhere")
        .await?;
    assert_eq!(notices.0.swap(0, Ordering::Relaxed), 1);
    shop.store.migrate().await?;
    assert_eq!(notices.0.load(Ordering::Relaxed), 0);
    Ok(())
}

/// Counts what the server has to say.
#[derive(Clone, Default)]
struct Notices(Arc<AtomicUsize>);

impl Subscriber for Notices {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::postgres::notice"
    }

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn dangerous_settings_are_named() -> TestResult {
    let Some(shop) = Shop::open("settings").await? else {
        return Ok(());
    };
    assert_eq!(shop.store.check_settings().await?, []);
    let options = shop
        .options
        .clone()
        .options([("synchronous_commit", "off")]);
    let store = PostgresStore::new(PgPool::connect_with(options).await?);
    let warnings = store.check_settings().await?;
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        ["the database may lose payments in a crash: synchronous_commit is off"]
    );
    Ok(())
}
