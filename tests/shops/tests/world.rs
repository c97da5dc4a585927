use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::{AnyPool, AssertSqlSafe, any::AnyPoolOptions};
use tempfile::TempDir;
use throw_away_servers::{PostgresServer, Shared};
use tokio::process::Command;

use crate::{API_KEY, Kind, SECRET, Shop, TestResult, Vendor, process::command, until};

/// A vendor, and a database for shops of one kind.
pub(crate) struct World {
    pub(crate) kind: Kind,
    pub(crate) vendor: Vendor,
    /// `DATABASE_URL` or `DATABASE_FILE`.
    pub(crate) database: String,
    folder: TempDir,
    pool: AnyPool,
    server: Option<Arc<PostgresServer>>,
}

impl World {
    /// Returns `None` if PostgreSQL is needed and not installed.
    pub(crate) async fn new(kind: Kind) -> TestResult<Option<Self>> {
        static SERVER: Shared<PostgresServer> = Shared::new();
        Self::on(kind, || SERVER.get(PostgresServer::start)).await
    }

    /// With a database server of its own, which the test stops.
    pub(crate) async fn alone(kind: Kind) -> TestResult<Option<Self>> {
        Self::on(kind, || PostgresServer::start().map(Arc::new)).await
    }

    async fn on(
        kind: Kind,
        server: impl FnOnce() -> Option<Arc<PostgresServer>>,
    ) -> TestResult<Option<Self>> {
        static NEXT: AtomicU32 = AtomicU32::new(0);

        sqlx::any::install_default_drivers();
        let folder = TempDir::with_prefix("shops-")?;
        let (server, database, url) = match kind {
            Kind::ActixShop => {
                let Some(server) = server() else {
                    return Ok(None);
                };
                let name = format!("shop_{}", NEXT.fetch_add(1, Ordering::Relaxed));
                let admin = AnyPool::connect(&server.url()).await?;
                let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
                sqlx::raw_sql(create).execute(&admin).await?;
                let url = format!("postgres://postgres@127.0.0.1:{}/{name}", server.port());
                (Some(server), url.clone(), url)
            }
            Kind::AxumShop => {
                let file = folder.path().join("shop.sqlite").display().to_string();
                (None, file.clone(), format!("sqlite:{file}"))
            }
        };
        let world = Self {
            kind,
            vendor: Vendor::start(folder.path(), API_KEY).await?,
            database,
            folder,
            pool: AnyPoolOptions::new()
                .max_connections(2)
                .connect_lazy(&url)?,
            server,
        };
        if kind == Kind::ActixShop {
            let migrated = world.command().arg("migrate").status().await?;
            assert!(migrated.success());
        }
        Ok(Some(world))
    }

    /// Starts a shop that reconciles once, and waits until it has: a payment that is found meanwhile
    /// may be unfinished when its postback arrives.
    pub(crate) async fn shop(&self) -> TestResult<Shop> {
        let shop = self.start(self.command()).await?;
        let turns = match self.kind {
            Kind::ActixShop => "cryptocloud_inbox.reconciliation",
            Kind::AxumShop => "cryptocloud_inbox_reconciliation",
        };
        let ended = format!("{turns} WHERE cursor IS NOT NULL");
        until("the first turn has ended", async || {
            Ok(self.count(&ended).await? == 1)
        })
        .await?;
        Ok(shop)
    }

    /// Starts a shop that reconciles once a second.
    pub(crate) async fn reconciling_shop(&self) -> TestResult<Shop> {
        let mut command = self.command();
        command.env("RECONCILE_SECONDS", "1");
        self.start(command).await
    }

    pub(crate) async fn start(&self, command: Command) -> TestResult<Shop> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("shop-{}.log", NEXT.fetch_add(1, Ordering::Relaxed));
        Shop::start(command, &self.folder.path().join(name)).await
    }

    /// The program with all of its settings.
    pub(crate) fn command(&self) -> Command {
        let (program, database) = match self.kind {
            Kind::ActixShop => ("actix-shop", "DATABASE_URL"),
            Kind::AxumShop => ("axum-shop", "DATABASE_FILE"),
        };
        let mut command = command(program);
        command
            .env(database, &self.database)
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .env("CRYPTOCLOUD_SECRET_KEY", SECRET)
            .env("CRYPTOCLOUD_API_KEY", API_KEY)
            .env("CRYPTOCLOUD_API_URL", self.vendor.url())
            .env("CRYPTOCLOUD_SHOP_ID", "shop")
            .env("RECONCILE_SECONDS", "100000");
        command
    }

    /// Starts a shop of several projects instead, which reconciles once a second.
    pub(crate) async fn shop_of(&self, projects: &str) -> TestResult<Shop> {
        self.write_projects(projects)?;
        let mut command = self.command();
        command
            .env_remove("CRYPTOCLOUD_SECRET_KEY")
            .env_remove("CRYPTOCLOUD_API_KEY")
            .env("PROJECTS_FILE", self.projects_file())
            .env("RECONCILE_SECONDS", "1");
        self.start(command).await
    }

    /// Another vendor than the one that all shops have, with this API KEY.
    pub(crate) async fn second_vendor(&self, key: &'static str) -> TestResult<Vendor> {
        Vendor::start(self.folder.path(), key).await
    }

    /// Replaces the file, so that no half of it is read.
    pub(crate) fn write_projects(&self, projects: &str) -> TestResult {
        let new = self.folder.path().join("projects.new");
        fs::write(&new, projects)?;
        Ok(fs::rename(new, self.projects_file())?)
    }

    fn projects_file(&self) -> PathBuf {
        self.folder.path().join("projects.toml")
    }

    /// Stops the server, or moves the file away.
    pub(crate) fn take_database_away(&self) -> TestResult {
        match &self.server {
            Some(server) => server.crash()?,
            None => fs::rename(&self.database, format!("{}.away", self.database))?,
        }
        Ok(())
    }

    pub(crate) fn bring_database_back(&self) -> TestResult {
        match &self.server {
            Some(server) => server.resume()?,
            None => fs::rename(format!("{}.away", self.database), &self.database)?,
        }
        Ok(())
    }

    /// Runs a statement of an operator's own tools.
    pub(crate) async fn run(&self, sql: &str) -> TestResult {
        let sql = AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(&self.pool).await?;
        Ok(())
    }

    /// The number of e-mails, of which each paid order has one.
    pub(crate) async fn emails(&self) -> TestResult<i64> {
        self.count("outbox").await
    }

    async fn count(&self, rows: &str) -> TestResult<i64> {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {rows}"));
        Ok(sqlx::query_scalar(sql).fetch_one(&self.pool).await?)
    }
}
