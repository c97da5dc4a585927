use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::{KEY, SECRET, TestResult};

/// A running `ccpostback api`, killed when the value is dropped.
pub(crate) struct Mimic {
    pub(crate) child: Child,
    pub(crate) client: Client,
    pub(crate) origin: String,
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ccpostback"));
    command
        .args(["api", "--addr", "127.0.0.1:0"])
        .args(arguments)
        .env_remove("CRYPTOCLOUD_API_KEY")
        .env("CRYPTOCLOUD_SECRET_KEY", SECRET)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Mimic {
    pub(crate) fn start(arguments: &[&str]) -> TestResult<Self> {
        Self::spawn(&mut command(arguments))
    }

    pub(crate) fn spawn(command: &mut Command) -> TestResult<Self> {
        let mut child = command.spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no pipe")?).read_line(&mut line)?;
        let origin = line.trim_end().strip_prefix("listening on ");
        Ok(Self {
            child,
            client: Client::builder().no_proxy().timeout(LIMIT).build()?,
            origin: origin.ok_or_else(|| format!("{line:?}"))?.to_owned(),
        })
    }

    pub(crate) async fn send(
        &self,
        path: &str,
        key: &str,
        body: &Value,
    ) -> reqwest::Result<Response> {
        let request = self.client.post(format!("{}{path}", self.origin));
        let request = request.header("authorization", format!("Token {key}"));
        let request = request.header("content-type", "application/json");
        request.body(body.to_string()).send().await
    }

    /// Posts JSON, and returns the status and the body.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> TestResult<(u16, Value)> {
        let response = self.send(path, KEY, body).await?;
        let status = response.status().as_u16();
        let body = response.bytes().await?;
        let body = if body.is_empty() { b"null" } else { &body[..] };
        Ok((status, serde_json::from_slice(body)?))
    }

    /// The result of one of the vendor's calls.
    pub(crate) async fn call(&self, name: &str, body: &Value) -> TestResult<Value> {
        let (status, body) = self.post(&format!("/v2/invoice/{name}"), body).await?;
        assert_eq!(
            (status, &body["status"]),
            (200, &json!("success")),
            "{body}"
        );
        Ok(body["result"].clone())
    }

    pub(crate) async fn create(&self, order: &Value) -> TestResult<String> {
        let invoice = self.call("create", order).await?;
        Ok(invoice["uuid"].as_str().ok_or("no uuid")?.to_owned())
    }

    pub(crate) async fn info(&self, uuid: &str) -> TestResult<Value> {
        let found = self
            .call("merchant/info", &json!({ "uuids": [uuid] }))
            .await?;
        assert_eq!(found.as_array().map(Vec::len), Some(1));
        Ok(found[0].clone())
    }

    pub(crate) async fn pay(&self, uuid: &str, payment: &Value) -> TestResult<(u16, Value)> {
        self.post(&format!("/pay/{uuid}"), payment).await
    }
}

impl Drop for Mimic {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Far more than any request should take.
const LIMIT: Duration = Duration::from_secs(30);
