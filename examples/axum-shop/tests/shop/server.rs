use std::{
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use cryptocloud_postback_axum::testing::PostbackBuilder;
use cryptocloud_postback_sqlx::SqliteStore;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, SqlitePool};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::TestResult;

pub(crate) const SECRET: &str = "not-a-real-key-only-for-these-tests";

/// A shop on a file of its own, which outlives the process.
pub(crate) struct Server {
    address: String,
    child: Child,
    client: Client,
    folder: TempDir,
    database: SqlitePool,
}

impl Server {
    pub(crate) async fn start() -> TestResult<Self> {
        Self::start_with(&mut command()).await
    }

    pub(crate) async fn start_with(command: &mut Command) -> TestResult<Self> {
        let folder = TempDir::with_prefix("axum-shop-")?;
        let file = folder.path().join("shop.sqlite");
        let (child, address) = spawn(command.env("DATABASE_FILE", &file))?;
        let database = SqlitePool::connect_with(SqliteStore::connect_options(&file)).await?;
        let client = Client::builder().no_proxy().build()?;
        Ok(Self {
            address,
            child,
            client,
            folder,
            database,
        })
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("shop.sqlite")
    }

    /// As after a crash of the machine's power, but for the file system.
    pub(crate) fn kill(&mut self) -> TestResult {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts another process on the same file.
    pub(crate) fn resume(&mut self) -> TestResult {
        (self.child, self.address) = spawn(command().env("DATABASE_FILE", self.file()))?;
        Ok(())
    }

    /// Asks it to end. Returns whether it succeeded, and its log.
    pub(crate) fn stop(&mut self, signal: &str) -> TestResult<(bool, String)> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-s", signal, &id]).status()?;
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().ok_or("no pipe")?;
        stderr.read_to_string(&mut log)?;
        Ok((self.child.wait()?.success(), log))
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> TestResult<(u16, String)> {
        let url = format!("http://{}{path}", self.address);
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body);
        }
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    pub(crate) async fn get(&self, path: &str) -> TestResult<Value> {
        let (status, body) = self.send(Method::GET, path, None).await?;
        assert_eq!(status, 200, "{path}: {body}");
        Ok(serde_json::from_str(&body)?)
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> TestResult<(u16, String)> {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    /// An order of 12.5 USDT_TRC20.
    pub(crate) async fn order(&self, id: &str, invoice_id: Option<&str>) -> TestResult {
        let body =
            json!({"id": id, "invoice_id": invoice_id, "amount": "12.5", "currency": "USDT_TRC20"});
        let (status, body) = self.post("/orders", body).await?;
        assert_eq!(status, 201, "{body}");
        Ok(())
    }

    pub(crate) async fn pay(&self, postback: &PostbackBuilder) -> TestResult<u16> {
        let body = String::from_utf8(postback.clone().json().body().to_vec())?;
        Ok(self.send(Method::POST, "/postback", Some(body)).await?.0)
    }

    /// The invoice that paid an order.
    pub(crate) async fn paid_by(&self, order: &str) -> TestResult<Value> {
        Ok(self.get(&format!("/orders/{order}")).await?["paid_by"].clone())
    }

    /// The invoices and the reasons of what waits for an operator.
    pub(crate) async fn held(&self) -> TestResult<Vec<(String, String)>> {
        let held = self.get("/held").await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let held = held.as_array().ok_or("no list")?.iter();
        Ok(held
            .map(|one| (text(&one["invoice_id"]), text(&one["reason"])))
            .collect())
    }

    /// Waits until the worker has paid an order, and checks that there is one e-mail for it.
    pub(crate) async fn until_paid(&self, order: &str, invoice_id: &str) -> TestResult {
        self.until(async || Ok(!self.paid_by(order).await?.is_null()))
            .await?;
        assert_eq!(self.paid_by(order).await?, invoice_id);
        let emails = format!("SELECT count(*) FROM outbox WHERE order_id = '{order}'");
        assert_eq!(self.count(&emails).await?, 1, "e-mails");
        Ok(())
    }

    /// Waits for what the worker does by itself.
    pub(crate) async fn until(&self, holds: impl AsyncFn() -> TestResult<bool>) -> TestResult {
        let start = Instant::now();
        while !holds().await? {
            if start.elapsed() > HANG {
                return Err(format!("never happened; held: {:?}", self.held().await?).into());
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Another connection, as of an operator's own tools.
    pub(crate) fn database(&self) -> &SqlitePool {
        &self.database
    }

    pub(crate) async fn sql(&self, sql: &str) -> TestResult {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&self.database)
            .await?;
        Ok(())
    }

    pub(crate) async fn count(&self, sql: &str) -> TestResult<i64> {
        let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
        Ok(query.fetch_one(&self.database).await?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, with a secret and a free port.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_axum-shop"));
    settings(&mut command);
    command
}

pub(crate) fn settings(command: &mut Command) {
    command
        .env_remove("CRYPTOCLOUD_API_KEY")
        .env("CRYPTOCLOUD_SECRET_KEY", SECRET)
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
}

/// Starts the program, and returns its address, or as an error what it printed instead.
pub(crate) fn spawn(command: &mut Command) -> TestResult<(Child, String)> {
    let mut child = command.spawn()?;
    let mut line = String::new();
    let stdout = child.stdout.take().ok_or("no pipe")?;
    BufReader::new(stdout).read_line(&mut line)?;
    let address = line.trim_end().strip_prefix("listening on http://");
    let address = address.and_then(|address| address.strip_suffix("/postback"));
    if let Some(address) = address {
        return Ok((child, address.to_owned()));
    }
    let mut log = String::new();
    child
        .stderr
        .take()
        .ok_or("no pipe")?
        .read_to_string(&mut log)?;
    assert!(!child.wait()?.success());
    Err(log.into())
}

/// For the order `A` of 12.5 USDT_TRC20.
pub(crate) fn postback(invoice_id: &str) -> PostbackBuilder {
    let postback = PostbackBuilder::new(SECRET)
        .invoice_id(invoice_id)
        .order_id("A");
    postback.amount("12.5").currency("USDT_TRC20")
}

const HANG: Duration = Duration::from_secs(120);
/// Between two looks at the shop, which sends no event.
const PAUSE: Duration = Duration::from_millis(50);
