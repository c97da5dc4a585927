use std::{error::Error, time::Duration};

use anyhow::{Context, anyhow, bail};
use cryptocloud_postback_inbox::{InboxStore, StoreError, StoreErrorKind};
use cryptocloud_postback_redis::{Durability, RedisStore, redis::Client};
use cryptocloud_postback_sqlx::{
    Dialect, PostgresStore, SqlStore, SqliteStore,
    sqlx::{
        self, Connection, PgConnection, postgres::PgConnectOptions, sqlite::SqliteConnectOptions,
    },
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time;

use crate::secret;

/// Which store to use.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Store")]
pub(super) struct StoreOptions {
    /// PostgreSQL (postgres://...) or SQLite (sqlite:PATH) [default: DATABASE_URL]
    ///
    /// Other users of the machine can see a password in an argument: put such a URL into the
    /// environment variable DATABASE_URL.
    #[arg(long, value_name = "URL", global = true, conflicts_with = "redis_url")]
    database_url: Option<SecretString>,

    /// Redis (redis://... or rediss://... for TLS) [default: REDIS_URL, if there is no DATABASE_URL]
    #[arg(long, value_name = "URL", global = true)]
    redis_url: Option<SecretString>,

    /// What every key in Redis begins with, as in your service
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "cryptocloud:",
        global = true
    )]
    redis_prefix: String,
}

impl StoreOptions {
    /// Connects to a store that can be used.
    pub(super) async fn open(&self) -> anyhow::Result<Store> {
        let store = self.connect(false).await?;
        let checked = store.inbox().check().await;
        checked.map_err(|error| store.explain(error.into()))?;
        Ok(store)
    }

    /// Connects to the store that is named by an option, or else by the environment. The schema is
    /// not checked yet.
    pub(super) async fn connect(&self, may_create: bool) -> anyhow::Result<Store> {
        let urls = [
            ("--database-url", self.database_url.clone()),
            ("--redis-url", self.redis_url.clone()),
            ("DATABASE_URL", secret::variable("DATABASE_URL")?),
            ("REDIS_URL", secret::variable("REDIS_URL")?),
        ];
        let is_set = |url: &SecretString| !url.expose_secret().is_empty();
        let (name, url) = urls
            .into_iter()
            .find_map(|(name, url)| Some((name, url.filter(is_set)?)))
            .context("no store is named: set DATABASE_URL, or use --database-url or --redis-url")?;
        let url = url.expose_secret();
        match url.split(':').next() {
            Some("postgres" | "postgresql") => postgres(url).await,
            Some("redis" | "rediss" | "redis+unix" | "unix") => {
                redis(url, &self.redis_prefix).await
            }
            Some("sqlite") => sqlite(url, may_create).await,
            _ => Err(anyhow!(
                "the URL must begin with postgres://, sqlite:, redis:// or rediss://"
            )),
        }
        .context(name)
    }
}

/// A connected store, and its address without user and password.
pub(super) struct Store {
    backend: Backend,
    pub(super) place: String,
}

enum Backend {
    Postgres(PostgresStore),
    Redis(RedisStore),
    Sqlite(SqliteStore),
}

impl Store {
    fn new(place: String, connected: Result<Backend, StoreError>) -> anyhow::Result<Self> {
        match connected {
            Ok(backend) => Ok(Self { backend, place }),
            Err(error) => Err(explain(&place, &error)),
        }
    }

    pub(super) fn inbox(&self) -> &dyn InboxStore {
        match &self.backend {
            Backend::Postgres(store) => store,
            Backend::Redis(store) => store,
            Backend::Sqlite(store) => store,
        }
    }

    /// Brings the schema up to date. Returns the versions before and after: 0 if there was none.
    pub(super) async fn migrate(&self) -> anyhow::Result<(u32, u32)> {
        let migrated = match &self.backend {
            Backend::Postgres(store) => migrate(store).await,
            Backend::Redis(_) => bail!("Redis has no tables: your service needs no migration"),
            Backend::Sqlite(store) => migrate(store).await,
        };
        migrated.map_err(|error| self.explain(error.into()))
    }

    /// Adds the address of the store, and what to do, to one of its errors.
    pub(super) fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        match error.downcast_ref() {
            Some(error) => explain(&self.place, error),
            None => error,
        }
    }
}

async fn migrate<DB: Dialect>(store: &SqlStore<DB>) -> Result<(u32, u32), StoreError> {
    let from = store.schema_version().await?;
    store.migrate().await?;
    Ok((from, store.schema_version().await?))
}

async fn postgres(url: &str) -> anyhow::Result<Store> {
    let options: PgConnectOptions = url.parse().map_err(|_| anyhow!(MALFORMED))?;
    let place = match (options.get_socket(), options.get_host(), options.get_port()) {
        (Some(socket), ..) => format!("PostgreSQL at {}", socket.display()),
        (None, host, port) => format!("PostgreSQL at {host}:{port}"),
    };
    let connect = async {
        // The pool would hide the cause behind a time-out.
        let options = options.extra_float_digits(None);
        let probe = time::timeout(CONNECT_LIMIT, PgConnection::connect_with(&options));
        let probe = probe.await.map_err(|_| StoreErrorKind::TimedOut)?;
        let probe = probe.map_err(|error| StoreError::new(StoreErrorKind::Unavailable, error))?;
        // It may be closed already.
        let _ = probe.close().await;
        PostgresStore::connect(url).await.map(Backend::Postgres)
    };
    Store::new(place, connect.await)
}

async fn sqlite(url: &str, may_create: bool) -> anyhow::Result<Store> {
    let options: SqliteConnectOptions = url.parse().map_err(|_| anyhow!(MALFORMED))?;
    let path = options.get_filename();
    if path.as_os_str().is_empty() || url.contains(":memory:") || url.contains("mode=memory") {
        bail!("the URL has to name a file: sqlite:PATH");
    }
    let place = format!("SQLite file {}", path.display());
    // The store would create it.
    if !may_create && !path.exists() {
        bail!("{place} does not exist: correct the path, or run `ccpostback inbox migrate`");
    }
    let store = SqliteStore::connect(path).await;
    Store::new(place, store.map(Backend::Sqlite))
}

async fn redis(url: &str, prefix: &str) -> anyhow::Result<Store> {
    let client = Client::open(url).map_err(|_| anyhow!(MALFORMED))?;
    let place = format!("Redis at {}", client.get_connection_info().addr());
    // The service checks what the server keeps, and knows what it needs.
    let store = RedisStore::builder(client).durability(Durability::Unchecked);
    let store = store.prefix(prefix).connect().await;
    Store::new(place, store.map(Backend::Redis))
}

/// The error in one line that says what to do.
fn explain(place: &str, error: &StoreError) -> anyhow::Error {
    let source = error.source();
    let database = source
        .and_then(|source| source.downcast_ref())
        .and_then(sqlx::Error::as_database_error);
    let cause = match (database, source) {
        // All of its text would include a line of the server's source.
        (Some(error), _) => format!(": {}", error.message()),
        (None, Some(error)) => format!(": {error}"),
        (None, None) => String::new(),
    };
    // <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    let code = database.and_then(|error| error.code());
    let advice = match (code.as_deref(), error.kind()) {
        (Some("28000" | "28P01"), _) => ": check the user and the password in the URL",
        // SQLITE_CANTOPEN
        (Some("14"), _) => ": check the path and its permissions",
        (Some("3D000"), _) => ": create the database, or correct its name in the URL",
        (Some("42501"), _) => ": use a role that may do this; `migrate` has to create a schema",
        (None, StoreErrorKind::TimedOut | StoreErrorKind::Unavailable) => {
            ": check the URL, and that the server is running"
        }
        // The text says it.
        _ => "",
    };
    anyhow!("{place}: {error}{cause}{advice}")
}

/// The parser's own error may quote a part of the password.
const MALFORMED: &str = "the URL is malformed: in a password, write characters such as / @ # ? % as \
    %2F %40 %23 %3F %25";

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
