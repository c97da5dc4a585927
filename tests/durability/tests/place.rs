use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use cryptocloud_postback_inbox::{Failure, Handler, Inbox, LostReport, Payment, Settles};
use cryptocloud_postback_redis::{Durability, RedisStore, redis::Client};
use cryptocloud_postback_sqlx::{
    PostgresStore, SqliteStore,
    sqlx::{self, Connection as _, PgConnection},
};
use durability::{Framework, Ledger, Options, PROJECT};
use tempfile::TempDir;
use throw_away_servers::{PostgresServer, RedisServer, Shared};
use tokio::task::spawn_blocking;

use crate::{TestResult, receiver::Receiver};

static POSTGRES: Shared<PostgresServer> = Shared::new();

/// The kind of store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Memory,
    Postgres,
    Redis,
    Sqlite,
}

impl Kind {
    /// Whether effect and state are committed together.
    pub(crate) fn has_transaction(self) -> bool {
        matches!(self, Self::Postgres | Self::Sqlite)
    }
}

/// A store, a ledger and a log for one test; dropping them removes all.
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) ledger: Ledger,
    ledger_url: String,
    log: PathBuf,
    /// `None` for memory, which no other process can see.
    pub(crate) operator: Option<Inbox>,
    pub(crate) server: Server,
    pub(crate) store_url: String,
    _folder: TempDir,
}

/// The server of the store.
#[derive(Clone)]
pub(crate) enum Server {
    None,
    Postgres(Arc<PostgresServer>),
    Redis(Arc<RedisServer>),
}

impl Place {
    /// Creates a place. Returns `None`, and prints one line, if the server is not installed.
    pub(crate) async fn new(kind: Kind) -> TestResult<Option<Self>> {
        let server = match kind {
            Kind::Memory | Kind::Sqlite => Some(Server::None),
            Kind::Postgres => spawn_blocking(|| POSTGRES.get(PostgresServer::start))
                .await?
                .map(Server::Postgres),
            Kind::Redis => return Self::alone(kind).await,
        };
        match server {
            Some(server) => Self::make(kind, server, "").await.map(Some),
            None => Ok(None),
        }
    }

    /// Creates a place on a server of its own, which keeps what it has stored if it crashes.
    pub(crate) async fn alone(kind: Kind) -> TestResult<Option<Self>> {
        let server = spawn_blocking(move || match kind {
            Kind::Memory | Kind::Sqlite => Some(Server::None),
            Kind::Postgres => PostgresServer::start().map(Arc::new).map(Server::Postgres),
            Kind::Redis => RedisServer::start_with(DURABLE)
                .map(Arc::new)
                .map(Server::Redis),
        })
        .await?;
        match server {
            Some(server) => Self::make(kind, server, "").await.map(Some),
            None => Ok(None),
        }
    }

    /// Creates a place whose database is in the folder.
    pub(crate) async fn in_folder(kind: Kind, path: &Path) -> TestResult<Option<Self>> {
        if kind == Kind::Sqlite {
            let url = sqlite_url(path, "inbox");
            return Self::open(kind, Server::None, folder()?, &url)
                .await
                .map(Some);
        }
        let Some(server) = spawn_blocking(PostgresServer::start).await? else {
            return Ok(None);
        };
        server.own(path)?;
        let create = format!("CREATE TABLESPACE small LOCATION '{}'", path.display());
        run(&server.url(), create).await?;
        let server = Server::Postgres(Arc::new(server));
        Self::make(kind, server, "TABLESPACE small").await.map(Some)
    }

    async fn make(kind: Kind, server: Server, with: &str) -> TestResult<Self> {
        let folder = folder()?;
        let store_url = match &server {
            Server::None if kind == Kind::Memory => "memory:".to_owned(),
            Server::None => sqlite_url(folder.path(), "inbox"),
            Server::Postgres(server) => {
                static NEXT: AtomicU32 = AtomicU32::new(0);
                let name = format!("place_{}", NEXT.fetch_add(1, Ordering::Relaxed));
                run(&server.url(), format!("CREATE DATABASE {name} {with}")).await?;
                format!("postgres://postgres@127.0.0.1:{}/{name}", server.port())
            }
            Server::Redis(server) => server.url(),
        };
        Self::open(kind, server, folder, &store_url).await
    }

    async fn open(kind: Kind, server: Server, folder: TempDir, url: &str) -> TestResult<Self> {
        let ledger_url = if kind.has_transaction() {
            url.to_owned()
        } else {
            sqlite_url(folder.path(), "ledger")
        };
        let operator = match kind {
            Kind::Memory => None,
            Kind::Postgres => {
                let store = PostgresStore::connect(url).await?;
                store.migrate().await?;
                Some(operator(store)?)
            }
            Kind::Redis => {
                let builder = RedisStore::builder(Client::open(url)?);
                let builder = builder.durability(Durability::Unchecked);
                Some(operator(builder.connect().await?)?)
            }
            Kind::Sqlite => {
                let path = url.strip_prefix("sqlite:").ok_or("no path")?;
                let store = SqliteStore::connect(path).await?;
                store.migrate().await?;
                Some(operator(store)?)
            }
        };
        let ledger = Ledger::open(&ledger_url)?;
        ledger.create().await?;
        Ok(Self {
            kind,
            ledger,
            ledger_url,
            log: folder.path().join("log"),
            operator,
            server,
            store_url: url.to_owned(),
            _folder: folder,
        })
    }

    /// Options with limits that no test reaches.
    pub(crate) fn options(&self, framework: Framework) -> Options {
        Options {
            fails: 0,
            framework,
            is_store_first: false,
            lease: Duration::from_secs(60),
            ledger: self.ledger_url.clone(),
            name: framework.to_string(),
            otlp: None,
            store: self.store_url.clone(),
            work: Duration::ZERO,
            workers: 4,
        }
    }

    pub(crate) async fn start(&self, options: &Options) -> TestResult<Receiver> {
        Receiver::start(options, &self.log).await
    }

    /// The operator's view of the inbox.
    pub(crate) fn operator(&self) -> TestResult<&Inbox> {
        Ok(self.operator.as_ref().ok_or("memory has no operator")?)
    }

    /// The reports in the log of all receivers.
    pub(crate) fn lost(&self) -> TestResult<Vec<LostReport>> {
        let log = fs::read(&self.log)?;
        // A killed process may have written half a line, which cannot be read.
        let log = String::from_utf8_lossy(&log);
        let lost = log.lines().filter_map(LostReport::find);
        Ok(lost.filter_map(Result::ok).collect())
    }
}

impl Server {
    pub(crate) fn port(&self) -> u16 {
        match self {
            Self::None => 0,
            Self::Postgres(server) => server.port(),
            Self::Redis(server) => server.port(),
        }
    }

    pub(crate) async fn crash(&self) -> TestResult {
        let server = self.clone();
        let crash = move || match server {
            Self::None => Ok(()),
            Self::Postgres(server) => server.crash(),
            Self::Redis(server) => server.crash(),
        };
        Ok(spawn_blocking(crash).await??)
    }

    pub(crate) async fn resume(&self) -> TestResult {
        let server = self.clone();
        let resume = move || match server {
            Self::None => Ok(()),
            Self::Postgres(server) => server.resume(),
            Self::Redis(server) => server.resume(),
        };
        Ok(spawn_blocking(resume).await??)
    }
}

/// An inbox that only looks, decides and imports: receivers handle what is due.
fn operator<S: Settles>(store: S) -> TestResult<Inbox> {
    struct Nothing;

    impl<Tx: Send> Handler<Tx> for Nothing {
        async fn handle(&self, _: &Payment, _: &mut Tx) -> Result<(), Failure> {
            Err(Failure::retry("an operator handles nothing"))
        }
    }
    Ok(Inbox::builder(PROJECT, store, Nothing).workers(0).build()?)
}

/// Runs a statement in a connection of its own.
pub(crate) async fn run(url: &str, sql: String) -> TestResult {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&mut connection)
        .await?;
    Ok(())
}

fn folder() -> std::io::Result<TempDir> {
    TempDir::with_prefix("durability-")
}

fn sqlite_url(folder: &Path, name: &str) -> String {
    format!("sqlite:{}", folder.join(format!("{name}.sqlite")).display())
}

const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];
