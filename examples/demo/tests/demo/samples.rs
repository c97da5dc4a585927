//! What the page says of the vendor's sample handlers, against servers with their holes.

use std::{
    io::{self, BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use axum::{Router, body::Bytes, http::HeaderMap, routing::post};
use demo::Demo;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tempfile::TempDir;
use throw_away_servers::skip;
use tokio::net::TcpListener;

use crate::{TestResult, reconciled, secret};

/// A PHP server that insecurely stands for the vendor's sample for this format.
struct Sample(Child, String);

impl Sample {
    /// Returns `None`, and prints one line, if PHP is not installed.
    fn start(format: &str, secret: &str) -> TestResult<Option<Self>> {
        let handler = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/vendor-handlers/handler.php"
        );
        let mut command = Command::new("php");
        command.args(["-S", "127.0.0.1:0", handler]);
        command.env("HANDLER", format).env("JWT_SECRET", secret);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = match child {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                skip("PHP is not installed");
                return Ok(None);
            }
            child => child?,
        };
        let stderr = child.stderr.take().ok_or("no pipe")?;
        let mut sample = Self(child, String::new());
        let mut log = BufReader::new(stderr);
        log.read_line(&mut sample.1)?;
        let url = sample
            .1
            .find("http://")
            .and_then(|start| sample.1.get(start..));
        let url = url.and_then(|url| url.trim_end().strip_suffix(") started"));
        sample.1 = url.ok_or("no URL")?.to_owned();
        // It logs each request, and would block on a full pipe.
        thread::spawn(move || log.read_to_end(&mut Vec::new()));
        Ok(Some(sample))
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_samples_accept_what_the_page_says_they_accept() -> TestResult {
    let folder = TempDir::with_prefix("demo-")?;
    let secret = secret(&folder)?;
    let start = |format| Sample::start(format, &secret);
    let (Some(json), Some(form)) = (start("json")?, start("form")?) else {
        return Ok(());
    };
    let urls = (json.1.clone(), form.1.clone());
    let client = reqwest::Client::builder().no_proxy().build()?;
    let statuses = Arc::new(Mutex::new(Vec::new()));

    // The demo, with the samples in place of its own receiver.
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let demo = Demo::open(folder.path(), address, Duration::from_secs(3600)).await?;
    let (sender, seen) = (client.clone(), Arc::clone(&statuses));
    let receive = async move |headers: HeaderMap, body: Bytes| {
        let kind = headers.get(CONTENT_TYPE).cloned();
        let is_json = kind.as_ref().is_some_and(|kind| kind == "application/json");
        let url = if is_json { &urls.0 } else { &urls.1 };
        let request = sender.post(url).body(body);
        let request = kind
            .into_iter()
            .fold(request, |request, kind| request.header(CONTENT_TYPE, kind));
        let status = request
            .send()
            .await
            .map_or(0, |response| response.status().as_u16());
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(status);
    };
    let app = Router::new()
        .route("/postback", post(receive))
        .fallback_service(demo.router());
    let server = tokio::spawn(async { axum::serve(listener, app).await.unwrap_or_default() });

    reconciled(&demo).await?;
    let send = async |path: &str, body: Value| -> TestResult<u16> {
        let request = client.post(format!("http://{address}{path}"));
        let request = request.header(CONTENT_TYPE, "application/json");
        Ok(request
            .body(body.to_string())
            .send()
            .await?
            .status()
            .as_u16())
    };
    let buttons: Vec<Value> = serde_json::from_str(include_str!("../../page/buttons.json"))?;
    for (place, button) in buttons.iter().enumerate() {
        let order = json!({"id": format!("A-{place}"), "amount": "12.5", "currency": "USD"});
        assert_eq!(send("/orders", order.clone()).await?, 201);
        if button["on"] == json!(["paid"]) {
            let sql = "UPDATE orders SET paid_by = invoice_id WHERE id = $1";
            let paid = sqlx::query(sql).bind(order["id"].as_str());
            paid.execute(demo.shop.store.pool()).await?;
        }
        let press = json!({"button": button["kind"], "order_id": order["id"]});
        assert_eq!(send("/press", press).await?, 204, "{button}");
        let statuses =
            std::mem::take(&mut *statuses.lock().unwrap_or_else(PoisonError::into_inner));
        let expected = match (button["attack"].is_string(), button["sample"].is_string()) {
            // The sample is as strict as these crates are.
            (true, false) => vec![401],
            (true, true) => vec![200],
            (false, _) if button["kind"] == "silent" => vec![],
            (false, _) if button["kind"] == "copies" => vec![200, 200],
            (false, _) => vec![200],
        };
        assert_eq!(statuses, expected, "{button}");
    }
    server.abort();
    Ok(())
}
