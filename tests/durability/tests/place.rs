use std::{
    error::Error,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use cryptocloud_postback_sqlx::sqlx::{self, Connection as _, PgConnection};
use durability::{Framework, Ledger, Mode, Options};
use tempfile::TempDir;
use throw_away_servers::{PostgresServer, RedisServer, Shared};
use tokio::task::spawn_blocking;

static POSTGRES: Shared<PostgresServer> = Shared::new();

/// The kind of store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Memory,
    Postgres,
    Redis,
    Sqlite,
}

/// A store and a ledger for one test; dropping them removes both.
pub(crate) struct Place {
    pub(crate) ledger: Ledger,
    ledger_url: String,
    mode: Mode,
    pub(crate) port: u16,
    pub(crate) store_url: String,
    _folder: TempDir,
    _postgres: Option<Arc<PostgresServer>>,
    _redis: Option<RedisServer>,
}

impl Place {
    /// Creates both. Returns `None`, and prints one line, if the server is not installed.
    pub(crate) async fn new(kind: Kind, mode: Mode) -> Result<Option<Self>, Box<dyn Error>> {
        match kind {
            Kind::Memory => Self::make(mode, "memory:").await.map(Some),
            Kind::Postgres => match spawn_blocking(|| POSTGRES.get(PostgresServer::start)).await? {
                Some(server) => Self::on_postgres(mode, server).await.map(Some),
                None => Ok(None),
            },
            Kind::Redis => match spawn_blocking(RedisServer::start).await? {
                Some(server) => {
                    let mut place = Self::make(mode, &server.url()).await?;
                    place.port = server.port();
                    place._redis = Some(server);
                    Ok(Some(place))
                }
                None => Ok(None),
            },
            Kind::Sqlite => {
                let folder = folder()?;
                let url = sqlite_url(folder.path(), "inbox");
                Self::make_in(folder, mode, &url).await.map(Some)
            }
        }
    }

    /// Creates both in a new database of a running server.
    pub(crate) async fn on_postgres(
        mode: Mode,
        server: Arc<PostgresServer>,
    ) -> Result<Self, Box<dyn Error>> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("place_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        let mut connection = PgConnection::connect(&server.url()).await?;
        sqlx::raw_sql(create).execute(&mut connection).await?;
        let url = format!("postgres://postgres@127.0.0.1:{}/{name}", server.port());
        let mut place = Self::make(mode, &url).await?;
        place.port = server.port();
        place._postgres = Some(server);
        Ok(place)
    }

    /// Creates the store in the given folder.
    pub(crate) async fn in_folder(mode: Mode, path: &Path) -> Result<Self, Box<dyn Error>> {
        Self::make(mode, &sqlite_url(path, "inbox")).await
    }

    async fn make(mode: Mode, store_url: &str) -> Result<Self, Box<dyn Error>> {
        Self::make_in(folder()?, mode, store_url).await
    }

    async fn make_in(folder: TempDir, mode: Mode, store_url: &str) -> Result<Self, Box<dyn Error>> {
        let ledger_url = match mode {
            Mode::Lease => sqlite_url(folder.path(), "ledger"),
            Mode::Transaction => store_url.to_owned(),
        };
        let ledger = Ledger::open(&ledger_url)?;
        ledger.create().await?;
        Ok(Self {
            ledger,
            ledger_url,
            mode,
            port: 0,
            store_url: store_url.to_owned(),
            _folder: folder,
            _postgres: None,
            _redis: None,
        })
    }

    pub(crate) fn options(&self, framework: Framework) -> Options {
        Options::new(framework, self.mode, &self.store_url, &self.ledger_url)
    }
}

fn folder() -> std::io::Result<TempDir> {
    TempDir::with_prefix("durability-")
}

fn sqlite_url(folder: &Path, name: &str) -> String {
    format!("sqlite:{}", folder.join(format!("{name}.sqlite")).display())
}
