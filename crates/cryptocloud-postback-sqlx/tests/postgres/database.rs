use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use cryptocloud_postback_sqlx::{
    PostgresStore,
    sqlx::{PgPool, postgres::PgPoolOptions},
};
use throw_away_servers::{PostgresServer, Shared};

use crate::shared::fixture::run;

/// A database of its own, migrated, with an order to pay.
pub(crate) struct Database {
    pub(crate) name: String,
    pub(crate) server: Arc<PostgresServer>,
    pub(crate) store: PostgresStore,
}

impl Database {
    /// `None` if PostgreSQL is not installed.
    pub(crate) async fn new() -> Option<Self> {
        Self::with(&[]).await
    }

    pub(crate) async fn with_schema() -> Option<Self> {
        Self::new().await
    }

    pub(crate) async fn without_schema() -> Option<Self> {
        Self::empty(&[]).await
    }

    /// With settings of the database, such as `synchronous_commit = off`.
    pub(crate) async fn with(settings: &[&str]) -> Option<Self> {
        let database = Self::empty(settings).await?;
        database.create().await;
        Some(database)
    }

    /// Without the inbox.
    pub(crate) async fn empty(settings: &[&str]) -> Option<Self> {
        static SERVER: Shared<PostgresServer> = Shared::new();
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = SERVER.get(PostgresServer::start)?;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let pool = PgPool::connect(&server.url()).await;
        let pool = pool.unwrap_or_else(|error| panic!("{error}"));
        run(&pool, format!("CREATE DATABASE {name}")).await;
        for setting in settings {
            run(&pool, format!("ALTER DATABASE {name} SET {setting}")).await;
        }
        pool.close().await;
        let store = PostgresStore::connect(&url(&server, "postgres", &name)).await;
        Some(Self {
            store: store.unwrap_or_else(|error| panic!("{error:?}")),
            name,
            server,
        })
    }

    /// A store with one connection, which only it uses.
    pub(crate) async fn store_of_one(&self, role: &str) -> PostgresStore {
        let one = PgPoolOptions::new().max_connections(1);
        let pool = one.connect(&self.url_of(role)).await;
        PostgresStore::new(pool.unwrap_or_else(|error| panic!("{error}")))
    }

    pub(crate) fn url_of(&self, role: &str) -> String {
        url(&self.server, role, &self.name)
    }
}

fn url(server: &PostgresServer, role: &str, database: &str) -> String {
    format!("postgres://{role}@127.0.0.1:{}/{database}", server.port())
}
