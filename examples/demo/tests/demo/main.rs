//! The demo over HTTP, and as a program.

mod attacks;
mod events;
mod guard;
mod history;
mod payments;
mod program;
mod review;
mod samples;
mod secret;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use demo::{Demo, DemoSecret};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle, time};

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A demo that listens, on a folder that can outlive it.
struct Server {
    address: SocketAddr,
    client: reqwest::Client,
    demo: Demo,
    folder: Arc<TempDir>,
    tasks: [JoinHandle<()>; 2],
}

impl Server {
    /// Without reconciliation, which finds payments at any time.
    async fn start() -> TestResult<Self> {
        Self::start_in(Arc::new(TempDir::with_prefix("demo-")?), 3600).await
    }

    async fn start_in(folder: Arc<TempDir>, seconds: u64) -> TestResult<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let demo = Demo::open(folder.path(), address, Duration::from_secs(seconds)).await?;
        let (app, running) = (demo.router(), demo.clone());
        let server = Self {
            address,
            client: reqwest::Client::builder().no_proxy().build()?,
            demo,
            folder,
            tasks: [
                tokio::spawn(async move { running.follow().await }),
                tokio::spawn(async { axum::serve(listener, app).await.unwrap_or_default() }),
            ],
        };
        // What was paid before its first turn is left alone.
        reconciled(&server.demo).await?;
        Ok(server)
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.client.request(method, url)
    }

    async fn post(&self, path: &str, body: &Value) -> TestResult<(StatusCode, String)> {
        let request = self.request(Method::POST, path).body(body.to_string());
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let response = request.send().await?;
        Ok((response.status(), response.text().await?))
    }

    async fn get(&self, path: &str) -> TestResult<Value> {
        let response = self.request(Method::GET, path).send().await?;
        assert_eq!(response.status(), 200, "{path}");
        Ok(serde_json::from_str(&response.text().await?)?)
    }

    /// Creates an order of 12.5 US dollars, and returns its invoice.
    async fn order(&self, id: &str) -> TestResult<Value> {
        let order = json!({"id": id, "amount": "12.5", "currency": "USD"});
        let (status, text) = self.post("/orders", &order).await?;
        assert_eq!(status, 201, "{text}");
        Ok(serde_json::from_str::<Value>(&text)?["invoice_id"].clone())
    }

    async fn press(&self, id: &str, button: &str) -> TestResult {
        let body = json!({"button": button, "order_id": id});
        let (status, text) = self.post("/press", &body).await?;
        assert_eq!(status, 204, "{button}: {text}");
        Ok(())
    }

    async fn outage(&self, is_down: bool) -> TestResult {
        let (status, text) = self.post("/outage", &json!({"is_down": is_down})).await?;
        assert_eq!(status, 204, "{text}");
        Ok(())
    }

    async fn paid_by(&self, id: &str) -> TestResult<Value> {
        Ok(self.get(&format!("/orders/{id}")).await?["paid_by"].clone())
    }

    async fn entries(&self) -> TestResult<Vec<Value>> {
        let page = self.get("/page.json").await?;
        Ok(page["entries"].as_array().cloned().ok_or("no list")?)
    }

    async fn newest(&self) -> TestResult<Value> {
        Ok(self.entries().await?.first().cloned().ok_or("no entry")?)
    }

    /// Waits for an entry, which the event stream announces.
    async fn until(&self, cause: &str, outcome: &str) -> TestResult<Value> {
        let mut events = self.request(Method::GET, "/events").send().await?;
        let end = time::Instant::now() + HANG;
        loop {
            let mut entries = self.entries().await?.into_iter();
            let found = entries.find(|one| one["cause"] == cause && one["outcome"] == outcome);
            if let Some(entry) = found {
                return Ok(entry);
            }
            let event = time::timeout_at(end, events.chunk()).await;
            let event = event.map_err(|_| format!("{cause} {outcome} never came"))?;
            event?.ok_or("the stream has ended")?;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Waits until the first turn of reconciliation has ended.
async fn reconciled(demo: &Demo) -> TestResult {
    let sql = "SELECT count(*) FROM cryptocloud_inbox_reconciliation WHERE cursor IS NOT NULL";
    let pool = demo.shop.store.pool();
    let turn = async {
        while sqlx::query_scalar::<_, i64>(sql).fetch_one(pool).await? == 0 {}
        TestResult::Ok(())
    };
    time::timeout(HANG, turn).await?
}

/// Outcome, status, reason and the check that failed.
#[track_caller]
fn check(entry: &Value, outcome: &str, status: u16, reason: Value, stopped_at: Value) {
    let actual = [
        &entry["outcome"],
        &entry["response"][0],
        &entry["reason"],
        &entry["stopped_at"],
    ];
    assert_eq!(
        actual,
        [&json!(outcome), &json!(status), &reason, &stopped_at],
        "{entry}"
    );
}

fn secret(folder: &TempDir) -> TestResult<String> {
    Ok(DemoSecret::new(folder.path()).get()?.as_str().to_owned())
}

const HANG: Duration = Duration::from_secs(120);
