use std::path::Path;

use cryptocloud_postback::testing::PostbackBuilder;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{HANG, TestResult, process::Process, until};

/// A shop that is running.
pub(crate) struct Shop {
    client: reqwest::Client,
    pub(crate) process: Process,
}

impl Shop {
    pub(crate) async fn start(command: Command, log: &Path) -> TestResult<Self> {
        Ok(Self {
            client: reqwest::Client::builder()
                .no_proxy()
                .timeout(HANG)
                // The server closes a connection that is idle, perhaps while it is used again.
                .pool_max_idle_per_host(0)
                .build()?,
            process: Process::start(command, log).await?,
        })
    }

    /// Creates an order of 25 US dollars, and returns the id of its invoice.
    pub(crate) async fn order(&self, id: &str) -> TestResult<String> {
        let (status, order) = self.post("/orders", &usd(id)).await?;
        assert_eq!(status, 201, "{order}");
        Ok(order["invoice_id"].as_str().ok_or("no invoice")?.to_owned())
    }

    pub(crate) async fn get(&self, path: &str) -> TestResult<Value> {
        let (status, body) = self.ask(path).await?;
        assert_eq!(status, 200, "{path}: {body}");
        Ok(body)
    }

    /// The status and the body of the response to a GET.
    pub(crate) async fn ask(&self, path: &str) -> TestResult<(u16, Value)> {
        into_parts(self.client.get(format!("{}{path}", self.process.origin))).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> TestResult<(u16, Value)> {
        let request = self.client.post(format!("{}{path}", self.process.origin));
        into_parts(request.json(body)).await
    }

    /// The value of one of our metrics, with its labels.
    pub(crate) async fn measured(&self, metric: &str) -> TestResult<String> {
        let text = self.get("/metrics").await?;
        let start = format!("cryptocloud_postback_{metric} ");
        let mut lines = text.as_str().ok_or("no text")?.lines();
        let value = lines.find_map(|line| line.strip_prefix(&start));
        Ok(value.unwrap_or_default().to_owned())
    }

    /// As an operator, whom the shop's login names.
    pub(crate) async fn post_as(
        &self,
        operator: &str,
        path: &str,
        body: &Value,
    ) -> TestResult<(u16, Value)> {
        let request = self.client.post(format!("{}{path}", self.process.origin));
        into_parts(request.header("x-forwarded-user", operator).json(body)).await
    }

    /// Sends a postback, and returns the status.
    pub(crate) async fn pay(&self, postback: &PostbackBuilder) -> TestResult<u16> {
        self.pay_at("/postback", postback).await
    }

    /// Sends a postback to one of several routes, and returns the status.
    pub(crate) async fn pay_at(&self, path: &str, postback: &PostbackBuilder) -> TestResult<u16> {
        Ok(into_parts(self.request(path, postback)).await?.0)
    }

    /// Sends a postback within a trace, and returns the status.
    pub(crate) async fn pay_within(
        &self,
        postback: &PostbackBuilder,
        parent: &str,
    ) -> TestResult<u16> {
        let request = self.request("/postback", postback);
        Ok(into_parts(request.header("traceparent", parent)).await?.0)
    }

    fn request(&self, path: &str, postback: &PostbackBuilder) -> reqwest::RequestBuilder {
        let signed = postback.json();
        let request = self.client.post(format!("{}{path}", self.process.origin));
        let request = request.header("content-type", signed.content_type());
        request.body(signed.body())
    }

    /// The invoice that paid an order; null if it is open.
    pub(crate) async fn paid_by(&self, order: &str) -> TestResult<Value> {
        Ok(self.get(&format!("/orders/{order}")).await?["paid_by"].take())
    }

    pub(crate) async fn until_paid(&self, order: &str) -> TestResult<Value> {
        let what = format!("order {order} is paid");
        let paid = async || Ok(!self.paid_by(order).await?.is_null());
        if let Err(error) = until(&what, paid).await {
            let (held, log) = (self.held().await?, self.process.log()?);
            return Err(format!("{error}\nheld: {held:?}\n{log}").into());
        }
        self.paid_by(order).await
    }

    /// The reasons of what is held, and of conflicts.
    pub(crate) async fn held(&self) -> TestResult<Vec<String>> {
        let held = self.get("/held").await?;
        let reasons = held.as_array().ok_or("no list")?.iter();
        Ok(reasons
            .map(|one| one["reason"].as_str().unwrap_or_default().to_owned())
            .collect())
    }

    /// Waits until the only thing that is held has this reason, and returns its id.
    pub(crate) async fn until_held(&self, reason: &str) -> TestResult<Value> {
        until(&format!("held: {reason}"), async || {
            Ok(self.held().await? == [reason])
        })
        .await?;
        Ok(self.get("/held").await?[0]["id"].take())
    }
}

/// A new order of 25 US dollars.
pub(crate) fn usd(id: &str) -> Value {
    json!({"id": id, "amount": "25", "currency": "USD"})
}

/// The status and the body, which is a string if it is not JSON.
async fn into_parts(request: reqwest::RequestBuilder) -> TestResult<(u16, Value)> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let body = response.text().await?;
    Ok((
        status,
        serde_json::from_str(&body).unwrap_or(Value::String(body)),
    ))
}
