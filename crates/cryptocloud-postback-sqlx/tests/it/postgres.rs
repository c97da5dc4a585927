use std::{
    future::poll_fn,
    pin::pin,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use cryptocloud_postback_inbox::{
    Claim, InboxStore, StoreErrorKind,
    contract::{self, Fixture},
};
use cryptocloud_postback_sqlx::{
    Entry, PostgresStore, TableName,
    sqlx::{
        self, Executor, PgPool,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};
use throw_away_servers::{PostgresServer, Shared};
use tokio::task::JoinSet;
use tracing::{
    Event, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};

use crate::{TestResult, report};

pub(crate) const LEASE: Duration = Duration::from_secs(3_600);

static SERVER: Shared<PostgresServer> = Shared::new();

/// A store with a table of its own.
pub(crate) struct Shop {
    _server: Arc<PostgresServer>,
    pub(crate) options: PgConnectOptions,
    pub(crate) store: PostgresStore,
    pub(crate) table: TableName,
}

impl Shop {
    pub(crate) async fn open(name: &str) -> Result<Option<Self>, Box<dyn std::error::Error>> {
        let server = tokio::task::spawn_blocking(|| SERVER.get(PostgresServer::start)).await?;
        let Some(server) = server else {
            return Ok(None);
        };
        let options = PgConnectOptions::from_str(&server.url())?;
        let table = TableName::parse(name)?;
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .connect_lazy_with(options.clone());
        let store = PostgresStore::with_table(pool, &table);
        store.migrate().await?;
        let credits = format!("CREATE TABLE {name}_credits (amount text NOT NULL)");
        store.pool().execute(sqlx::AssertSqlSafe(credits)).await?;
        Ok(Some(Self {
            _server: server,
            options,
            store,
            table,
        }))
    }

    /// With another default isolation.
    fn serializable(&self) -> PgConnectOptions {
        let isolation = ("default_transaction_isolation", "serializable");
        self.options.clone().options([isolation])
    }

    /// A store to which no index gives an order.
    pub(crate) fn unindexed(&self) -> PostgresStore {
        let off = ["enable_bitmapscan", "enable_indexscan"].map(|name| (name, "off"));
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .connect_lazy_with(self.options.clone().options(off));
        PostgresStore::with_table(pool, &self.table)
    }

    /// Until so many of these statements wait for somebody's commit.
    pub(crate) async fn until_waiting(&self, statement: &str, count: i64) -> sqlx::Result<()> {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                       AND query LIKE $2 || ' ' || $1 || ' %'";
        loop {
            let (found,): (i64,) = sqlx::query_as(waiting)
                .bind(self.table.as_str())
                .bind(statement)
                .fetch_one(self.store.pool())
                .await?;
            if found == count {
                return Ok(());
            }
        }
    }

    async fn credits(&self) -> sqlx::Result<i64> {
        let text = format!("SELECT count(*) FROM {}_credits", self.table);
        let (count,) = sqlx::query_as(sqlx::AssertSqlSafe(text))
            .fetch_one(self.store.pool())
            .await?;
        Ok(count)
    }

    /// Claims and credits in one transaction.
    pub(crate) async fn pay(
        &self,
        amount: &str,
        commits: bool,
    ) -> Result<Entry, Box<dyn std::error::Error + Send + Sync>> {
        let mut transaction = self.store.pool().begin().await?;
        let report = report("A", amount);
        let entry = self.store.claim_in(&mut transaction, &report).await?;
        if entry.is_first() {
            let text = format!("INSERT INTO {}_credits VALUES ($1)", self.table);
            sqlx::query(sqlx::AssertSqlSafe(text))
                .bind(amount)
                .execute(&mut *transaction)
                .await?;
        }
        match commits {
            true => transaction.commit().await?,
            false => transaction.rollback().await?,
        }
        Ok(entry)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract() -> TestResult {
    let Some(shop) = Shop::open("contract").await? else {
        return Ok(());
    };
    contract::verify(async || Fixture::new(shop.store.clone())).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract_where_everything_is_serializable() -> TestResult {
    let Some(shop) = Shop::open("serializable").await? else {
        return Ok(());
    };
    let pool = PgPoolOptions::new()
        .max_connections(16)
        .connect_with(shop.serializable())
        .await?;
    let store = PostgresStore::with_table(pool, &shop.table);
    contract::verify(async || Fixture::new(store.clone())).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract_where_no_index_is_read() -> TestResult {
    let Some(shop) = Shop::open("unindexed").await? else {
        return Ok(());
    };
    let store = shop.unindexed();
    contract::verify(async || Fixture::new(store.clone())).await;
    Ok(())
}

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

#[tokio::test]
async fn claim_and_write_commit_together() -> TestResult {
    let Some(shop) = Shop::open("together").await? else {
        return Ok(());
    };
    let pay = async |amount, commits| shop.pay(amount, commits).await.map_err(|e| e.to_string());
    assert_eq!(pay("1", false).await?, Entry::First);
    assert_eq!(shop.credits().await?, 0);
    assert_eq!(pay("1", true).await?, Entry::First);
    assert_eq!(pay("1", true).await?, Entry::Done);
    assert_eq!(
        shop.store.claim(&report("A", "1"), LEASE).await?,
        Claim::Done
    );
    assert_eq!(pay("2", true).await?, Entry::Conflict);
    assert_eq!(shop.credits().await?, 1);
    assert_eq!(shop.store.conflicts("shop", None, 10).await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_transactions_credit_once() -> TestResult {
    let Some(shop) = Shop::open("many").await? else {
        return Ok(());
    };
    let shop = Arc::new(shop);
    let mut tasks = JoinSet::new();
    for number in 0..64 {
        let shop = Arc::clone(&shop);
        // Every fourth one ends without a commit.
        tasks.spawn(async move { shop.pay("1", number % 4 != 0).await });
    }
    for result in tasks.join_all().await {
        let entry = result.map_err(|error| error.to_string())?;
        assert!(matches!(entry, Entry::Done | Entry::First), "{entry:?}");
    }
    assert_eq!(shop.credits().await?, 1);
    Ok(())
}

/// Claims that wait for each other's commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claim_waits_for_an_open_transaction() -> TestResult {
    let Some(shop) = Shop::open("waits").await? else {
        return Ok(());
    };
    let mut open = shop.store.pool().begin().await?;
    let first = shop.store.claim_in(&mut open, &report("A", "1")).await?;
    assert_eq!(first, Entry::First);
    let waiting = tokio::spawn({
        let store = shop.store.clone();
        async move { store.claim(&report("A", "1"), LEASE).await }
    });
    shop.until_waiting("INSERT INTO", 1).await?;
    assert!(!waiting.is_finished());
    open.commit().await?;
    assert_eq!(waiting.await??, Claim::Done);
    Ok(())
}

/// A commit can fail although its statement went well.
#[tokio::test]
async fn failed_commit_is_no_claim() -> TestResult {
    let Some(shop) = Shop::open("commit").await? else {
        return Ok(());
    };
    shop.store
        .pool()
        .execute(
            "CREATE TABLE parents (id integer PRIMARY KEY);
             CREATE TABLE children (
                 parent integer REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED
             );
             CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql
             AS $$ BEGIN INSERT INTO children VALUES (1); RETURN NEW; END $$;
             CREATE TRIGGER fails AFTER INSERT ON \"commit\"
             FOR EACH ROW EXECUTE FUNCTION fails();",
        )
        .await?;
    let error = shop.store.claim(&report("A", "1"), LEASE).await.err();
    assert_eq!(
        error.map(|error| error.kind()),
        Some(StoreErrorKind::Unavailable)
    );
    assert!(shop.pay("1", true).await.is_err());
    shop.store
        .pool()
        .execute("DROP TRIGGER fails ON \"commit\"")
        .await?;
    let paid = shop
        .pay("1", true)
        .await
        .map_err(|error| error.to_string())?;
    assert_eq!(paid, Entry::First);
    Ok(())
}

/// What somebody changes meanwhile is a failed statement under such an isolation, and no answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_are_tried_again_where_everything_is_serializable() -> TestResult {
    let Some(shop) = Shop::open("tried").await? else {
        return Ok(());
    };
    let pool = PgPool::connect_lazy_with(shop.serializable());
    let store = PostgresStore::with_table(pool, &shop.table);
    let (isolation,): (String,) = sqlx::query_as("SELECT current_setting('transaction_isolation')")
        .fetch_one(&mut *store.begin().await?)
        .await?;
    assert_eq!(isolation, "read committed");
    let Claim::Acquired(lease) = store.claim(&report("A", "1"), LEASE).await? else {
        panic!("free");
    };
    assert_eq!(
        store.claim(&report("A", "2"), LEASE).await?,
        Claim::Conflict
    );
    for name in ["renew", "complete", "discard"] {
        let mut open = shop.store.begin().await?;
        sqlx::query("UPDATE tried SET changed_at = changed_at")
            .execute(&mut *open)
            .await?;
        let change = tokio::spawn({
            let (store, lease) = (store.clone(), lease.clone());
            async move {
                match name {
                    "renew" => store.renew(&lease, LEASE).await,
                    "complete" => store.complete(&lease).await,
                    _ => store.discard(&(&report("A", "2")).into()).await,
                }
            }
        });
        shop.until_waiting("UPDATE", 1).await?;
        open.commit().await?;
        change.await??;
    }
    Ok(())
}

/// Connections break: each fails one claim at most, and the store comes back by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn crashed_server_comes_back() -> TestResult {
    let Some(server) = tokio::task::spawn_blocking(PostgresServer::start).await? else {
        return Ok(());
    };
    let options = PgConnectOptions::from_str(&server.url())?;
    let store = PostgresStore::connect(options).await?;
    let Claim::Acquired(lease) = store.claim(&report("A", "1"), LEASE).await? else {
        panic!("free");
    };
    let server = tokio::task::spawn_blocking(move || server.crash().map(|()| server)).await??;
    let error = store.complete(&lease).await.err();
    assert_eq!(
        error.map(|error| error.kind()),
        Some(StoreErrorKind::Unavailable)
    );
    let server = tokio::task::spawn_blocking(move || server.resume().map(|()| server)).await??;
    while let Err(error) = store.complete(&lease).await {
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
    }
    assert_eq!(store.claim(&report("A", "1"), LEASE).await?, Claim::Done);
    drop(server);
    Ok(())
}

/// sqlx 0.9.0 forgets that it has begun where the caller is dropped meanwhile.
#[tokio::test]
async fn dropped_while_it_begins_leaves_no_transaction_open() -> TestResult {
    let Some(shop) = Shop::open("dropped_begin").await? else {
        return Ok(());
    };
    // One connection, so that whoever comes next gets the one that was begun on.
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect_lazy_with(shop.options.clone());
    let store = PostgresStore::with_table(pool.clone(), &shop.table);
    let credit = format!("INSERT INTO {}_credits VALUES ('1')", shop.table);
    for count in 1..=100 {
        {
            let mut begun = pin!(store.begin());
            // Ever longer, so that some of them are dropped while BEGIN is on its way.
            for _ in 0..count % 20 {
                let polled = poll_fn(|context| Poll::Ready(begun.as_mut().poll(context))).await;
                if polled.is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        sqlx::query(sqlx::AssertSqlSafe(credit.clone()))
            .execute(&pool)
            .await?;
        // Another connection sees only what is committed.
        assert_eq!(shop.credits().await?, count);
    }
    Ok(())
}
