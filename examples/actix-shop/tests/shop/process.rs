//! A database of its own for each test, and shops as processes on it.

use std::{
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use cryptocloud_postback_actix_web::testing::PostbackBuilder;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, postgres::PgConnectOptions};
use throw_away_servers::{PostgresServer, Shared};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{SECRET, TestResult, postback};

pub(crate) struct Database {
    /// As an operator's own tools see it.
    pub(crate) pool: PgPool,
    pub(crate) server: Arc<PostgresServer>,
    name: String,
}

impl Database {
    /// Creates and migrates a database on the shared server. Returns `None` if PostgreSQL is not
    /// installed.
    pub(crate) async fn create(name: &str) -> TestResult<Option<Self>> {
        static SERVER: Shared<PostgresServer> = Shared::new();
        match SERVER.get(PostgresServer::start) {
            Some(server) => Self::create_on(server, name).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn create_on(server: Arc<PostgresServer>, name: &str) -> TestResult<Self> {
        let options: PgConnectOptions = server.url().parse()?;
        let mut admin = PgConnection::connect_with(&options).await?;
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create).execute(&mut admin).await?;
        let database = Self {
            pool: PgPool::connect_lazy_with(options.database(name)),
            server,
            name: name.to_owned(),
        };
        let migrated = database.command("postgres").arg("migrate").status().await?;
        assert!(migrated.success());
        Ok(database)
    }

    /// Runs statements as the superuser.
    pub(crate) async fn run(&self, sql: &str) -> TestResult {
        let sql = AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(&self.pool).await?;
        Ok(())
    }

    pub(crate) async fn count(&self, sql: &str) -> TestResult<i64> {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {sql}"));
        Ok(sqlx::query_scalar(sql).fetch_one(&self.pool).await?)
    }

    /// Waits until that many rows match.
    pub(crate) async fn until(&self, sql: &str, count: i64) -> TestResult {
        until(sql, async || Ok(self.count(sql).await? >= count)).await
    }

    pub(crate) async fn start_shop(&self) -> TestResult<Shop> {
        Shop::start(&mut self.command("postgres")).await
    }

    /// The program with all of its settings.
    pub(crate) fn command(&self, role: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_actix-shop"));
        let (port, name) = (self.server.port(), &self.name);
        command
            .env_remove("CRYPTOCLOUD_API_KEY")
            .env_remove("RUST_LOG")
            .env("CRYPTOCLOUD_SECRET_KEY", SECRET)
            .env(
                "DATABASE_URL",
                format!("postgres://{role}@127.0.0.1:{port}/{name}"),
            )
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// A shop that is running, as a process that ends with this value, or in the test itself.
pub(crate) struct Shop {
    pub(crate) api: Api,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

impl Shop {
    pub(crate) async fn start(command: &mut Command) -> TestResult<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let log = Arc::<Mutex<Vec<String>>>::default();
        let stderr = child.stderr.take().ok_or("no pipe")?;
        let lines = Arc::clone(&log);
        let reader = tokio::spawn(async move {
            let mut stderr = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = stderr.next_line().await {
                lines
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(line);
            }
        });
        let stdout = child.stdout.take().ok_or("no pipe")?;
        let line = BufReader::new(stdout).lines().next_line().await?;
        let address = line
            .as_deref()
            .and_then(|line| line.strip_prefix("listening on "));
        let address = address.and_then(|address| address.strip_suffix("/postback"));
        let shop = Self {
            api: Api::new(address.unwrap_or_default())?,
            child,
            log,
            reader,
        };
        if address.is_none() {
            shop.reader.await?;
            let log = shop.log.lock().unwrap_or_else(PoisonError::into_inner);
            return Err(log.join("\n").into());
        }
        Ok(shop)
    }

    /// Sends SIGTERM, waits for the end, and returns the log.
    pub(crate) async fn stop(mut self) -> TestResult<Vec<String>> {
        let id = self.child.id().ok_or("it has ended")?.to_string();
        Command::new("kill")
            .args(["-s", "TERM", &id])
            .status()
            .await?;
        let status = timeout(HANG, self.child.wait()).await??;
        self.reader.await?;
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(status.success(), "{log:#?}");
        Ok(log.clone())
    }

    pub(crate) fn log_lines(&self, text: &str) -> Vec<String> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter()
            .filter(|line| line.contains(text))
            .cloned()
            .collect()
    }
}

/// The HTTP API of a shop.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    address: String,
    client: reqwest::Client,
}

pub(crate) type Response = (u16, Value);

impl Api {
    pub(crate) fn new(address: &str) -> TestResult<Self> {
        Ok(Self {
            address: address.to_owned(),
            client: reqwest::Client::builder()
                .timeout(HANG)
                // The shop closes a connection that was idle for 5 s, perhaps while it is used again.
                .pool_max_idle_per_host(0)
                .build()?,
        })
    }

    pub(crate) async fn get(&self, path: &str) -> TestResult<Response> {
        into_parts(self.client.get(self.url(path)).send().await?).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> TestResult<Response> {
        into_parts(self.client.post(self.url(path)).json(body).send().await?).await
    }

    /// Creates an order of 12.5 USDT_TRC20 with the invoice of the same name.
    pub(crate) async fn create(&self, order: &str) -> TestResult {
        self.create_with(order, json!(format!("INV-{order}"))).await
    }

    /// Creates an order of 12.5 USDT_TRC20 with this invoice.
    pub(crate) async fn create_with(&self, order: &str, invoice: Value) -> TestResult {
        let order = json!({
            "id": order, "invoice_id": invoice, "amount": "12.5", "currency": "USDT_TRC20",
        });
        let (status, body) = self.post("/orders", &order).await?;
        assert_eq!(status, 201, "{body}");
        Ok(())
    }

    /// Sends a postback and returns the status.
    pub(crate) async fn pay(&self, postback: &PostbackBuilder) -> reqwest::Result<u16> {
        let request = self.client.post(self.url("/postback"));
        let signed = postback.json();
        let request = request.header("Content-Type", signed.content_type());
        Ok(request.body(signed.body()).send().await?.status().as_u16())
    }

    /// The invoice that paid an order.
    pub(crate) async fn paid_by(&self, order: &str) -> TestResult<Option<String>> {
        let (status, order) = self.get(&format!("/orders/{order}")).await?;
        assert_eq!(status, 200, "{order}");
        Ok(order["paid_by"].as_str().map(Into::into))
    }

    /// Waits until the invoice of the same name has paid an order.
    pub(crate) async fn until_paid(&self, order: &str) -> TestResult {
        let is_paid = async || Ok(self.paid_by(order).await?.as_deref() == Some(order));
        until(&format!("order {order} is paid"), is_paid).await
    }

    /// The id, the state and the reason of every payment that is held or a conflict.
    pub(crate) async fn held(&self) -> TestResult<Vec<(i64, String, String)>> {
        let (status, held) = self.get("/held").await?;
        assert_eq!(status, 200, "{held}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let held = held.as_array().ok_or("not a list")?.iter();
        let held = held.map(|held| {
            let id = held["id"].as_i64().unwrap_or_default();
            (id, text(&held["state"]), text(&held["reason"]))
        });
        Ok(held.collect())
    }

    /// Accepts the full price, and returns the status.
    pub(crate) async fn accept(&self, id: i64) -> TestResult<u16> {
        let accept = json!({"amount": "12.5"});
        Ok(self.post(&format!("/held/{id}/accept"), &accept).await?.0)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}

/// The status and the body, which is a string if it is not JSON.
async fn into_parts(response: reqwest::Response) -> TestResult<Response> {
    let status = response.status().as_u16();
    let body = response.text().await?;
    Ok((
        status,
        serde_json::from_str(&body).unwrap_or(Value::String(body)),
    ))
}

/// Asks again and again, since nothing else tells.
pub(crate) async fn until(
    what: &str,
    mut is_so: impl AsyncFnMut() -> TestResult<bool>,
) -> TestResult {
    let ask = async {
        while !is_so().await? {
            sleep(PAUSE).await;
        }
        Ok(())
    };
    timeout(HANG, ask)
        .await
        .map_err(|_| format!("never: {what}"))?
}

/// Longer than a lease and than every limit together.
pub(crate) const HANG: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_paid_order_is_paid_once() -> TestResult {
    let Some(database) = Database::create("once").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    shop.api.create("A").await?;
    for _ in 0..3 {
        assert_eq!(shop.api.pay(&postback("A")).await?, 200);
    }
    assert_eq!(shop.api.paid_by("A").await?.as_deref(), Some("A"));
    assert_eq!(database.count("outbox").await?, 1);
    Ok(())
}
