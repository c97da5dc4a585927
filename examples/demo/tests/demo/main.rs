//! The demo over HTTP, and as a program.

mod buttons;
mod events;
mod guard;
mod log;
mod program;
mod secret;
mod sender;

use std::{net::SocketAddr, sync::Arc};

use axum_shop::Shop;
use cryptocloud_postback_axum::core::{SecretKey, Verifier};
use cryptocloud_postback_sqlx::SqliteStore;
use demo::{Changes, Simulator, demo};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use shop::{Backend, PROJECT};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use zeroize::Zeroizing;

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

/// A demo that listens, on a file that can outlive it.
struct Demo {
    address: SocketAddr,
    changes: Changes,
    client: reqwest::Client,
    folder: Arc<TempDir>,
    tasks: Vec<JoinHandle<()>>,
}

impl Demo {
    async fn start() -> TestResult<Self> {
        Self::start_with(Arc::new(TempDir::with_prefix("demo-")?), None).await
    }

    /// Sends the simulator's postbacks to `target`, or to itself.
    async fn start_with(folder: Arc<TempDir>, target: Option<SocketAddr>) -> TestResult<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let file = folder.path().join("demo.sqlite");
        let shop = Shop::open(&file, None).await?;
        let inbox = shop.start(PROJECT.into()).await?;
        let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
        let changes = Changes::default();
        let simulator = Simulator::new(secret(), target.unwrap_or(address))?;
        let app = demo(shop, inbox, verifier, simulator, changes.clone());
        let database = SqliteStore::connect_options(&file);
        Ok(Self {
            address,
            client: reqwest::Client::builder().no_proxy().build()?,
            folder,
            tasks: vec![
                tokio::spawn(changes.clone().follow(database)),
                tokio::spawn(async { axum::serve(listener, app).await.unwrap_or_default() }),
            ],
            changes,
        })
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

    async fn order(&self, id: &str) -> TestResult {
        let order = json!({"id": id, "invoice_id": invoice_of(id), "amount": "12.5", "currency": "USDT_TRC20"});
        let (status, text) = self.post("/orders", &order).await?;
        assert_eq!(status, 201, "{text}");
        Ok(())
    }

    /// Presses a button, and returns the status of the shop's response to the postback.
    async fn press(&self, id: &str, kind: &str, format: &str) -> TestResult<Value> {
        let (status, text) = self
            .post("/simulate", &simulation(id, kind, format))
            .await?;
        assert_eq!(status, 200, "{text}");
        Ok(serde_json::from_str::<Value>(&text)?["status"].clone())
    }

    async fn paid_by(&self, id: &str) -> TestResult<Value> {
        Ok(self.get(&format!("/orders/{id}")).await?["paid_by"].clone())
    }

    async fn deliveries(&self) -> TestResult<Vec<Value>> {
        let page = self.get("/page.json").await?;
        Ok(page["deliveries"].as_array().cloned().ok_or("no list")?)
    }

    async fn newest(&self) -> TestResult<Value> {
        Ok(self
            .deliveries()
            .await?
            .first()
            .cloned()
            .ok_or("no delivery")?)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn simulation(id: &str, kind: &str, format: &str) -> Value {
    json!({
        "kind": kind, "format": format, "order_id": id, "invoice_id": invoice_of(id),
        "amount": "12.5", "currency": "USDT_TRC20",
    })
}

fn invoice_of(id: &str) -> String {
    let bytes = id.bytes().take(30).map(|byte| format!("{byte:02X}"));
    bytes.collect()
}

fn secret() -> Zeroizing<String> {
    Zeroizing::new(SECRET.to_owned())
}
