use std::{fmt, path::PathBuf, time::Duration};

use anyhow::{Context, anyhow, bail};
use cryptocloud_postback_inbox::{InboxStore, StoreErrorKind};
use cryptocloud_postback_redis::{Durability, RedisStore, redis::Client};
use cryptocloud_postback_sqlx::{
    PostgresStore, SqliteStore,
    sqlx::{Connection, PgConnection, postgres::PgConnectOptions, sqlite::SqliteConnectOptions},
};
use tokio::time;

use super::problem::{explain, explain_sql};
use crate::secret::{self, Secret};

/// Which store to use.
#[derive(clap::Args, Debug)]
pub(super) struct StoreOptions {
    /// PostgreSQL (postgres://...) or SQLite (sqlite:PATH) [default: DATABASE_URL]
    ///
    /// Other users of the machine can see a password in an argument: put such a URL into the
    /// environment variable DATABASE_URL.
    #[arg(long, value_name = "URL", global = true, help_heading = HEADING, conflicts_with = "redis_url")]
    database_url: Option<Secret>,

    /// Redis (redis://... or rediss://... for TLS) [default: REDIS_URL, if there is no DATABASE_URL]
    #[arg(long, value_name = "URL", global = true, help_heading = HEADING)]
    redis_url: Option<Secret>,

    /// What every key in Redis begins with, as in your service
    #[arg(long, value_name = "PREFIX", default_value = "cryptocloud:", global = true, help_heading = HEADING)]
    redis_prefix: String,

    /// What Redis must be known to keep, as in your service
    #[arg(long, value_enum, value_name = "LEVEL", default_value = "always", global = true, help_heading = HEADING)]
    redis_durability: RedisDurability,
}

impl StoreOptions {
    /// The store that is named by an option, or else by the environment.
    pub(super) fn address(&self) -> anyhow::Result<Address> {
        let known = |name| {
            Ok::<_, anyhow::Error>(secret::variable(name)?.filter(|url| !url.as_str().is_empty()))
        };
        if let Some(url) = &self.database_url {
            database(url.as_str()).context("--database-url")
        } else if let Some(url) = &self.redis_url {
            redis(url.as_str()).context("--redis-url")
        } else if let Some(url) = known(DATABASE_URL)? {
            database(url.as_str()).context(DATABASE_URL)
        } else if let Some(url) = known(REDIS_URL)? {
            redis(url.as_str()).context(REDIS_URL)
        } else {
            bail!("no store is named: set {DATABASE_URL}, or use --database-url or --redis-url")
        }
    }

    /// Connects to a store that can be used.
    pub(super) async fn open(&self) -> anyhow::Result<(Address, Store)> {
        let address = self.address()?;
        // A store would create it.
        if let Address::Sqlite(path) = &address
            && !path.exists()
        {
            bail!("{address} does not exist: correct the path, or run `ccpostback inbox migrate`");
        }
        let store = self.connect(&address).await?;
        let checked = store.inbox().check().await;
        checked.map_err(|error| explain(&address, &error))?;
        Ok((address, store))
    }

    /// Connects. The schema is not checked yet.
    pub(super) async fn connect(&self, address: &Address) -> anyhow::Result<Store> {
        match address {
            Address::Postgres { options, url } => {
                // The pool would hide the cause behind a time-out.
                let probe = options.clone().extra_float_digits(None);
                match time::timeout(CONNECT_LIMIT, PgConnection::connect_with(&probe)).await {
                    // It may be closed already.
                    Ok(Ok(connection)) => drop(connection.close().await),
                    Ok(Err(error)) => return Err(explain_sql(address, &error)),
                    Err(_) => return Err(explain(address, &StoreErrorKind::TimedOut.into())),
                }
                let store = PostgresStore::connect(url).await;
                let store = store.map_err(|error| explain(address, &error))?;
                Ok(Store::Postgres(store))
            }
            Address::Redis(client) => {
                let store = RedisStore::builder((**client).clone())
                    .durability(self.redis_durability.into())
                    .prefix(&*self.redis_prefix)
                    .connect()
                    .await;
                Ok(Store::Redis(
                    store.map_err(|error| explain(address, &error))?,
                ))
            }
            Address::Sqlite(path) => {
                let store = SqliteStore::connect(path).await;
                Ok(Store::Sqlite(
                    store.map_err(|error| explain(address, &error))?,
                ))
            }
        }
    }
}

/// A connected store.
pub(super) enum Store {
    Postgres(PostgresStore),
    Redis(RedisStore),
    Sqlite(SqliteStore),
}

impl Store {
    pub(super) fn inbox(&self) -> &dyn InboxStore {
        match self {
            Self::Postgres(store) => store,
            Self::Redis(store) => store,
            Self::Sqlite(store) => store,
        }
    }
}

/// Where a store is. Displayed without user and password.
pub(super) enum Address {
    Postgres {
        options: Box<PgConnectOptions>,
        url: String,
    },
    Redis(Box<Client>),
    Sqlite(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres { options, .. } => match options.get_socket() {
                Some(socket) => write!(f, "PostgreSQL at {}", socket.display()),
                None => {
                    let (host, port) = (options.get_host(), options.get_port());
                    write!(f, "PostgreSQL at {host}:{port}")
                }
            },
            Self::Redis(client) => write!(f, "Redis at {}", client.get_connection_info().addr()),
            Self::Sqlite(path) => write!(f, "SQLite file {}", path.display()),
        }
    }
}

/// The words for [`Durability`].
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum RedisDurability {
    /// appendfsync always: what was stored survives a crash of the machine
    Always,
    /// appendfsync everysec: a crash may lose the last two seconds
    EverySecond,
    /// Nothing is checked: a restart may lose all of it
    Unchecked,
}

impl From<RedisDurability> for Durability {
    fn from(durability: RedisDurability) -> Self {
        match durability {
            RedisDurability::Always => Self::Always,
            RedisDurability::EverySecond => Self::EverySecond,
            RedisDurability::Unchecked => Self::Unchecked,
        }
    }
}

fn database(url: &str) -> anyhow::Result<Address> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let options: PgConnectOptions = url.parse().map_err(|_| anyhow!(MALFORMED))?;
        return Ok(Address::Postgres {
            options: Box::new(options),
            url: url.to_owned(),
        });
    }
    if !url.starts_with("sqlite:") {
        bail!("the URL must begin with postgres:// or sqlite:");
    }
    if url.contains(":memory:") || url.contains("mode=memory") {
        bail!("a database in memory would be gone at once: name a file");
    }
    let options: SqliteConnectOptions = url.parse().map_err(|_| anyhow!(MALFORMED))?;
    let path = options.get_filename();
    if path.as_os_str().is_empty() {
        bail!("the URL names no file: write sqlite:PATH");
    }
    Ok(Address::Sqlite(path.to_owned()))
}

fn redis(url: &str) -> anyhow::Result<Address> {
    if !["redis://", "rediss://", "redis+unix://", "unix://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
    {
        bail!("the URL must begin with redis:// or rediss://");
    }
    let client = Client::open(url).map_err(|_| anyhow!(MALFORMED))?;
    Ok(Address::Redis(Box::new(client)))
}

const DATABASE_URL: &str = "DATABASE_URL";
const REDIS_URL: &str = "REDIS_URL";
const HEADING: &str = "Store";

/// The parser's own error may quote a part of the password.
const MALFORMED: &str = "the URL is malformed: in a password, write characters such as / @ # ? % as \
    %2F %40 %23 %3F %25";

const CONNECT_LIMIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_errors_hold_no_password() {
        #[track_caller]
        fn check(address: anyhow::Result<Address>, expected: &str) {
            let shown = match address {
                Ok(address) => address.to_string(),
                Err(error) => format!("{error:#}"),
            };
            assert!(shown.starts_with(expected), "{shown}");
            assert!(!shown.contains("hun"), "{shown}");
        }
        check(database("postgres://u:hunter@db:1/x"), "PostgreSQL at db:1");
        check(
            database("postgresql://db/x?password=hunter"),
            "PostgreSQL at db:5432",
        );
        check(
            database("postgres://u:hun/ter@db/x"),
            "the URL is malformed",
        );
        check(
            database("postgres://u:hunter@db/x?sslmode=hunter"),
            "the URL is malformed",
        );
        check(
            database("mysql://u:hunter@db/x"),
            "the URL must begin with postgres://",
        );
        check(database("sqlite://shop.db?mode=rwc"), "SQLite file shop.db");
        check(
            database("sqlite:///var/shop.db"),
            "SQLite file /var/shop.db",
        );
        check(database("sqlite::memory:"), "a database in memory");
        check(database("sqlite:"), "the URL names no file");
        check(redis("rediss://u:hunter@cache:2/"), "Redis at cache:2");
        check(redis("redis://u:hunter@cache:x/"), "the URL is malformed");
        check(
            redis("http://u:hunter@cache/"),
            "the URL must begin with redis://",
        );
    }
}
