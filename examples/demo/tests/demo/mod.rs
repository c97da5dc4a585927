//! The page's side of the shop, over HTTP.

mod buttons;
mod events;
mod guard;
mod log;
mod sender;

use std::net::SocketAddr;

use axum_shop::{Shop, Simulator, demo};
use cryptocloud_postback_axum::core::{SecretKey, Verifier};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use zeroize::Zeroizing;

use crate::{SECRET, Server, TestResult};

/// A shop that listens, on a file that can outlive it.
struct Demo {
    address: SocketAddr,
    client: reqwest::Client,
    shop: Shop,
    task: JoinHandle<()>,
}

impl Demo {
    async fn start(server: &Server) -> TestResult<Self> {
        Self::start_with(server, |shop, address| Ok(Some(simulator(shop, address)?))).await
    }

    async fn start_with(
        server: &Server,
        simulator: impl FnOnce(&Shop, SocketAddr) -> TestResult<Option<Simulator>>,
    ) -> TestResult<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shop = server.open_again().await?;
        let simulator = simulator(&shop, address)?;
        let shop = shop.keep_refused(simulator.is_some());
        let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
        let app = demo(shop.clone(), verifier, simulator);
        Ok(Self {
            address,
            client: reqwest::Client::builder().no_proxy().build()?,
            shop,
            task: tokio::spawn(async { axum::serve(listener, app).await.unwrap_or_default() }),
        })
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.client.request(method, url)
    }

    async fn post(&self, path: &str, body: &Value) -> TestResult<(StatusCode, Value)> {
        let request = self.request(Method::POST, path).body(body.to_string());
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let response = request.send().await?;
        Ok((
            response.status(),
            serde_json::from_str(&response.text().await?)?,
        ))
    }

    async fn order(&self, id: &str) -> TestResult {
        let order = json!({"id": id, "amount": "12.5", "currency": "USDT_TRC20"});
        let (status, answer) = self.post("/orders", &order).await?;
        assert_eq!(status, 201, "{answer}");
        Ok(())
    }

    /// Presses a button, and returns what the shop answered to the postback.
    async fn press(&self, id: &str, kind: &str, format: &str) -> TestResult<Value> {
        let body = json!({"order_id": id, "kind": kind, "format": format});
        let (status, answer) = self.post("/simulate", &body).await?;
        assert_eq!(status, 200, "{answer}");
        Ok(answer["status"].clone())
    }

    /// What the page shows.
    async fn state(&self) -> TestResult<Value> {
        let response = self.request(Method::GET, "/page.json").send().await?;
        assert_eq!(response.status(), 200);
        Ok(serde_json::from_str(&response.text().await?)?)
    }

    /// The newest delivery.
    async fn newest(&self) -> TestResult<Value> {
        Ok(self.state().await?["deliveries"][0].clone())
    }
}

fn simulator(shop: &Shop, address: SocketAddr) -> TestResult<Simulator> {
    let secret = Zeroizing::new(SECRET.to_owned());
    Ok(Simulator::new(shop.clone(), secret, address)?)
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.task.abort();
    }
}
