use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use cryptocloud_postback::testing::PostbackBuilder;
use reqwest::{Client, Method, RequestBuilder, Response, header::CONTENT_TYPE, redirect};
use serde_json::Value;

use crate::{SECRET, TestResult};

/// A running `ccpostback listen`, killed when the value is dropped.
pub(crate) struct Listener {
    pub(crate) child: Child,
    pub(crate) client: Client,
    /// The origin of the page.
    pub(crate) origin: String,
    pub(crate) stdout: Box<dyn BufRead>,
    /// The URL that receives postbacks.
    pub(crate) url: String,
}

/// `ccpostback listen` without a secret.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ccpostback"));
    command
        .arg("listen")
        .args(arguments)
        .env_remove("CRYPTOCLOUD_SECRET_KEY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Listener {
    /// Starts it with the secret, on a free port unless the arguments name one.
    pub(crate) fn start(arguments: &[&str]) -> TestResult<Self> {
        let mut command = command(arguments);
        if !arguments.contains(&"--addr") {
            command.args(["--addr", "127.0.0.1:0"]);
        }
        Self::spawn(command.env("CRYPTOCLOUD_SECRET_KEY", SECRET))
    }

    pub(crate) fn spawn(command: &mut Command) -> TestResult<Self> {
        let mut child = command.spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let start: Option<Value> = serde_json::from_str(&line).ok();
        let url = match &start {
            Some(start) => start["url"].as_str(),
            None => line.trim_end().strip_prefix("listening on "),
        };
        let url = url
            .ok_or_else(|| format!("unexpected output: {line:?}"))?
            .to_owned();
        let path = url.match_indices('/').nth(2).ok_or("no path")?.0;
        Ok(Self {
            child,
            client: Client::builder()
                .redirect(redirect::Policy::none())
                .no_proxy()
                .timeout(LIMIT)
                .build()?,
            origin: url.get(..path).ok_or("no origin")?.to_owned(),
            stdout: Box::new(stdout),
            url,
        })
    }

    /// A request for the page or its data.
    pub(crate) fn own(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .client
            .request(method, format!("{}{path}", self.origin));
        request.header(CONTENT_TYPE, "application/json")
    }

    pub(crate) async fn get(&self, path: &str) -> TestResult<Value> {
        let response = self.own(Method::GET, path).send().await?;
        Ok(serde_json::from_slice(
            &response.error_for_status()?.bytes().await?,
        )?)
    }

    /// Polls a path until its value matches.
    pub(crate) async fn until(
        &self,
        path: &str,
        matches: impl Fn(&Value) -> bool,
    ) -> TestResult<Value> {
        let end = Instant::now() + LIMIT;
        while Instant::now() < end {
            let value = self.get(path).await?;
            if matches(&value) {
                return Ok(value);
            }
        }
        Err(format!("{path} never matched").into())
    }

    pub(crate) async fn post(&self, postback: &PostbackBuilder) -> TestResult<Response> {
        let request = self.client.post(&self.url);
        let request = request.header(CONTENT_TYPE, "application/json");
        Ok(request.body(postback.json().body()).send().await?)
    }

    /// The next line of its output.
    pub(crate) fn line(&mut self) -> TestResult<String> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        Ok(line)
    }

    /// Sends a signal such as `INT`, and waits for the process to end.
    pub(crate) fn signal(&mut self, name: &str) -> TestResult<ExitStatus> {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status()?;
        assert!(status.success());
        Ok(self.child.wait()?)
    }

    /// The rest of its output, after it has ended.
    pub(crate) fn rest(&mut self) -> TestResult<String> {
        let mut text = String::new();
        self.stdout.read_to_string(&mut text)?;
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut text)?;
        }
        Ok(text)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Far more than any request should take.
const LIMIT: Duration = Duration::from_secs(30);
