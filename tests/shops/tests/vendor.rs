use std::path::Path;

use serde_json::{Value, json};

use crate::{
    TestResult,
    process::{Process, command},
};

/// A mimic of the vendor's API. It sends no postbacks: the tests do.
pub(crate) struct Vendor {
    client: reqwest::Client,
    key: &'static str,
    process: Process,
}

impl Vendor {
    pub(crate) async fn start(folder: &Path, key: &'static str) -> TestResult<Self> {
        let mut command = command("ccpostback");
        command
            .args(["api", "--addr", "127.0.0.1:0"])
            .env("CRYPTOCLOUD_API_KEY", key);
        Ok(Self {
            key,
            client: reqwest::Client::builder().no_proxy().build()?,
            process: Process::start(command, &folder.join("vendor.log")).await?,
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.process.origin
    }

    /// Creates an invoice of 25 US dollars that no shop stores, and returns its id.
    pub(crate) async fn create(&self, order: &str) -> TestResult<String> {
        let request = json!({"shop_id": "shop", "amount": 25, "order_id": order});
        let created = self.call("create", &request).await?;
        let id = created["uuid"]
            .as_str()
            .and_then(|uuid| uuid.strip_prefix("INV-"));
        Ok(id.ok_or("no uuid")?.to_owned())
    }

    /// The customer pays, and no postback is sent.
    pub(crate) async fn pay(&self, invoice: &str) -> TestResult {
        self.settle(invoice, &json!({"status": "paid"})).await
    }

    pub(crate) async fn settle(&self, invoice: &str, payment: &Value) -> TestResult {
        self.post(&format!("/pay/INV-{invoice}"), payment).await?;
        Ok(())
    }

    /// Every call fails like this until [`recover`](Self::recover).
    pub(crate) async fn fail(&self, status: Value) -> TestResult {
        let fault = json!({"status": status, "count": 1_000_000});
        self.post("/faults", &fault).await?;
        Ok(())
    }

    pub(crate) async fn recover(&self) -> TestResult {
        let request = self.client.delete(format!("{}/faults", self.url()));
        let request = request.header("content-type", "application/json");
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// All invoices.
    pub(crate) async fn invoices(&self) -> TestResult<Vec<Value>> {
        let days = json!({"start": "01.01.2000", "end": "31.12.2999", "limit": 100});
        let list = self.call("merchant/list", &days).await?;
        Ok(list.as_array().ok_or("no list")?.clone())
    }

    async fn call(&self, name: &str, request: &Value) -> TestResult<Value> {
        let body = self.post(&format!("/v2/invoice/{name}"), request).await?;
        Ok(serde_json::from_str::<Value>(&body)?["result"].take())
    }

    async fn post(&self, path: &str, body: &Value) -> TestResult<String> {
        let request = self.client.post(format!("{}{path}", self.url())).json(body);
        let request = request.header("authorization", format!("Token {}", self.key));
        Ok(request.send().await?.error_for_status()?.text().await?)
    }
}
