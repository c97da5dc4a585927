//! `ccpostback api` as a process, over real HTTP.
#![forbid(unsafe_code)]

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::{Router, routing::post};
use bytes::Bytes;
use cryptocloud_postback::{RequestHead, SecretKey, Verified, Verifier};
use reqwest::{Client, Response, StatusCode, header::HOST};
use serde_json::{Value, json};
use time::{OffsetDateTime, macros::format_description};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

const KEY: &str = "eyJ0eXAiOiJKV1QifQ.eyJpZCI6MTN9.aGVsbG8";
const SECRET: &str = "not-a-real-key-only-for-these-tests";

/// A running `ccpostback api`, killed when the value is dropped.
struct Mimic {
    child: Child,
    client: Client,
    origin: String,
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ccpostback"));
    command
        .args(["api", "--port", "0"])
        .args(arguments)
        .env_remove("CRYPTOCLOUD_API_KEY")
        .env("CRYPTOCLOUD_SECRET_KEY", SECRET)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Mimic {
    fn start(arguments: &[&str]) -> TestResult<Self> {
        Self::spawn(&mut command(arguments))
    }

    fn spawn(command: &mut Command) -> TestResult<Self> {
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

    async fn send(&self, path: &str, key: &str, body: &Value) -> reqwest::Result<Response> {
        let request = self.client.post(format!("{}{path}", self.origin));
        let request = request.header("authorization", format!("Token {key}"));
        let request = request.header("content-type", "application/json");
        request.body(body.to_string()).send().await
    }

    /// Posts JSON, and returns the status and the body.
    async fn post(&self, path: &str, body: &Value) -> TestResult<(u16, Value)> {
        let response = self.send(path, KEY, body).await?;
        let status = response.status().as_u16();
        let body = response.bytes().await?;
        let body = if body.is_empty() { b"null" } else { &body[..] };
        Ok((status, serde_json::from_slice(body)?))
    }

    /// The result of one of the vendor's calls.
    async fn call(&self, name: &str, body: &Value) -> TestResult<Value> {
        let (status, body) = self.post(&format!("/v2/invoice/{name}"), body).await?;
        assert_eq!(
            (status, &body["status"]),
            (200, &json!("success")),
            "{body}"
        );
        Ok(body["result"].clone())
    }

    async fn create(&self, order: &Value) -> TestResult<String> {
        let invoice = self.call("create", order).await?;
        Ok(invoice["uuid"].as_str().ok_or("no uuid")?.to_owned())
    }

    async fn info(&self, uuid: &str) -> TestResult<Value> {
        let found = self
            .call("merchant/info", &json!({ "uuids": [uuid] }))
            .await?;
        assert_eq!(found.as_array().map(Vec::len), Some(1));
        Ok(found[0].clone())
    }

    async fn pay(&self, uuid: &str, payment: &Value) -> TestResult<(u16, Value)> {
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

/// A shop that accepts every postback, and its URL.
async fn shop() -> TestResult<(String, UnboundedReceiver<Bytes>)> {
    let (sender, postbacks) = unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/postback", listener.local_addr()?);
    let receive = post(async move |body: Bytes| {
        let _ = sender.send(body);
    });
    let router = Router::new().route("/postback", receive);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((url, postbacks))
}

fn verify(body: &Bytes) -> TestResult<Verified> {
    let head = RequestHead::from_content_type(Some(b"application/json"));
    Ok(Verifier::new(SecretKey::new(SECRET)?)?.verify(head, body.clone())?)
}

fn order(amount: &str) -> Value {
    json!({ "shop_id": "SHOP", "amount": amount, "order_id": "ORDER_93223" })
}

fn today() -> TestResult<String> {
    let format = format_description!("[day].[month].[year]");
    Ok(OffsetDateTime::now_utc().format(format)?)
}

#[tokio::test]
async fn an_invoice_is_created_and_found() -> TestResult {
    let mimic = Mimic::start(&[])?;
    let start = today()?;
    let created = mimic.call("create", &order("100.2")).await?;
    let uuid = created["uuid"].as_str().ok_or("no uuid")?;
    assert_eq!((uuid.len(), &uuid[..4]), (12, "INV-"));
    let link = format!("{}/pay/{uuid}", mimic.origin);
    for (name, value) in [
        ("address", json!("")),
        ("amount", json!(100.2)),
        ("amount_in_fiat", json!(100.2)),
        ("amount_usd", json!(100.2)),
        ("fiat_currency", json!("USD")),
        ("invoice_id", Value::Null),
        ("link", json!(link)),
        ("status", json!("created")),
        ("test_mode", json!(false)),
    ] {
        assert_eq!(created[name], value, "{name}");
    }
    let names = |value: &Value| -> BTreeSet<String> {
        value
            .as_object()
            .into_iter()
            .flatten()
            .map(|field| field.0.clone())
            .collect()
    };
    let documented = "address amount amount_in_fiat amount_usd created currency expiry_date fee \
                      fee_usd fiat_currency invoice_id is_email_required link project service_fee \
                      service_fee_usd side_commission side_commission_cc status test_mode \
                      type_payments uuid";
    assert_eq!(
        names(&created),
        documented.split(' ').map(str::to_owned).collect()
    );

    let info = mimic.info(uuid).await?;
    assert_eq!(info, mimic.info(&uuid[4..]).await?);
    let added: BTreeSet<_> = &names(&info) - &names(&created);
    let expected = ["invoice_status", "order_id", "received", "received_usd"];
    assert_eq!(added, expected.map(str::to_owned).into());
    assert_eq!(info["order_id"], "ORDER_93223");
    assert_eq!(info["received"], 0);
    // An unknown invoice is left out, and one that is named twice is there once.
    let uuids = json!({ "uuids": [uuid, uuid, "INV-UNKNOWN1"] });
    assert_eq!(mimic.call("merchant/info", &uuids).await?, json!([info]));

    let days = json!({ "start": start, "end": today()? });
    let listed = mimic.call("merchant/list", &days).await?;
    assert_eq!(listed[0]["uuid"], uuid);
    assert_eq!(listed[0]["date_finished"], Value::Null);

    let uuid = json!({ "uuid": uuid });
    assert_eq!(mimic.call("merchant/canceled", &uuid).await?, json!(["ok"]));
    let (status, body) = mimic.post("/v2/invoice/merchant/canceled", &uuid).await?;
    assert_eq!((status, &body["status"]), (400, &json!("error")));
    Ok(())
}

#[tokio::test]
async fn numbers_and_times_are_written_as_in_python() -> TestResult {
    let mimic = Mimic::start(&[])?;
    let mut order = order("0.00885");
    order["currency"] = json!("USD");
    order["add_fields"] =
        json!({ "cryptocurrency": "BTC", "time_to_pay": { "hours": 0, "minutes": 5 } });
    let response = mimic.send("/v2/invoice/create", KEY, &order).await?;
    let text = response.text().await?;
    for part in [
        r#""amount":1e-05,"#,
        r#""amount_in_fiat":0.00885,"#,
        r#""fee":0,"#,
    ] {
        assert!(text.contains(part), "{text}");
    }
    let body: Value = serde_json::from_str(&text)?;
    let created = body["result"]["created"].as_str().ok_or("no time")?;
    let expires = body["result"]["expiry_date"].as_str().ok_or("no time")?;
    assert!(created.len() == 26 || created.len() == 19, "{created}");
    // Without the fraction, which is zero.
    assert_eq!(expires.len(), 19, "{expires}");
    assert!(expires > created);
    order["currency"] = json!("EUR");
    order["amount"] = json!(10);
    let converted = mimic.call("create", &order).await?;
    assert_eq!(converted["amount_in_fiat"], 10);
    assert_eq!(converted["amount_usd"], 5.0);
    Ok(())
}

#[tokio::test]
async fn invalid_calls_are_refused() -> TestResult {
    let mimic = Mimic::start(&[])?;
    for (path, body) in [
        ("create", json!([])),
        ("create", json!({ "amount": 1 })),
        ("create", json!({ "shop_id": "", "amount": 1 })),
        ("create", json!({ "shop_id": "SHOP" })),
        ("create", json!({ "shop_id": "SHOP", "amount": 0 })),
        ("create", json!({ "shop_id": "SHOP", "amount": -1 })),
        ("create", json!({ "shop_id": "SHOP", "amount": "1e10" })),
        ("create", json!({ "shop_id": "SHOP", "amount": "x" })),
        (
            "create",
            json!({ "shop_id": "SHOP", "amount": 1, "currency": "usd" }),
        ),
        ("merchant/info", json!({})),
        (
            "merchant/info",
            json!({ "uuids": vec!["INV-ILRAJE1Q"; 101] }),
        ),
        ("merchant/list", json!({ "start": "01.01.2026" })),
        (
            "merchant/list",
            json!({ "start": "2026-01-01", "end": "2026-01-02" }),
        ),
        (
            "merchant/list",
            json!({ "start": "01.01.2026", "end": "02.01.2026", "limit": 101 }),
        ),
        ("merchant/canceled", json!({ "uuid": "INV-UNKNOWN1" })),
    ] {
        let (status, result) = mimic.post(&format!("/v2/invoice/{path}"), &body).await?;
        assert_eq!(status, 400, "{body}");
        assert_eq!(result["status"], "error");
        assert!(result["result"]["validate_error"].is_string(), "{result}");
    }
    Ok(())
}

#[tokio::test]
async fn a_list_is_read_in_pages() -> TestResult {
    let mimic = Mimic::start(&[])?;
    let start = today()?;
    let mut created = BTreeSet::new();
    for _ in 0..12 {
        created.insert(mimic.create(&order("1")).await?);
    }
    let page = async |offset, limit: Value| -> TestResult<BTreeSet<String>> {
        let page = json!({ "start": start, "end": today()?, "offset": offset, "limit": limit });
        let page = mimic.call("merchant/list", &page).await?;
        let uuids = page.as_array().into_iter().flatten();
        Ok(uuids
            .filter_map(|one| Some(one["uuid"].as_str()?.to_owned()))
            .collect())
    };
    let (first, second) = (page(0, json!(7)).await?, page(7, json!(7)).await?);
    assert_eq!((first.len(), second.len()), (7, 5));
    assert_eq!(&first | &second, created);
    assert_eq!(page(12, json!(7)).await?.len(), 0);
    assert_eq!(page(0, Value::Null).await?.len(), 10);
    let other_day = json!({ "start": "01.01.2026", "end": "02.01.2026" });
    assert_eq!(mimic.call("merchant/list", &other_day).await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn only_an_api_key_is_accepted() -> TestResult {
    let open = Mimic::start(&[])?;
    let closed = Mimic::spawn(command(&[]).env("CRYPTOCLOUD_API_KEY", KEY))?;
    for (mimic, key, expected) in [
        (&open, "a.b.c", 200),
        (&open, SECRET, 401),
        (&open, "a.b", 401),
        (&open, "a..c", 401),
        (&open, "", 401),
        (&closed, KEY, 200),
        (&closed, "a.b.c", 401),
    ] {
        for path in [
            "create",
            "merchant/info",
            "merchant/list",
            "merchant/canceled",
        ] {
            let path = format!("/v2/invoice/{path}");
            let mut body = order("1");
            body["uuids"] = json!([]);
            body["start"] = json!("01.01.2026");
            body["end"] = json!("01.01.2026");
            body["uuid"] = json!(mimic.create(&order("1")).await?);
            let response = mimic.send(&path, key, &body).await?;
            assert_eq!(response.status(), expected, "{path} {key}");
            if expected == 401 {
                let unauthorized =
                    r#"{"result":{"authorization":"Unauthorized request."},"status":"error"}"#;
                assert_eq!(response.text().await?, unauthorized);
            }
        }
    }
    let ended = command(&[]).env("CRYPTOCLOUD_API_KEY", " ").output()?;
    assert_eq!(ended.status.code(), Some(2));
    Ok(())
}

#[tokio::test]
async fn a_payment_sends_a_postback_that_agrees_with_the_api() -> TestResult {
    let (url, mut postbacks) = shop().await?;
    let mimic = Mimic::start(&["--postback-url", &url])?;
    for (payment, paid) in [
        (json!({ "status": "paid" }), "10"),
        (json!({ "status": "partial", "received": "2.5" }), "2.5"),
        (json!({ "status": "partial" }), "5"),
        (json!({ "status": "overpaid", "received": 11 }), "11"),
        (json!({ "status": "paid", "test_mode": true }), "10"),
    ] {
        let uuid = mimic.create(&order("10")).await?;
        let (status, settled) = mimic.pay(&uuid, &payment).await?;
        assert_eq!((status, &settled["postback"]["status"]), (200, &json!(200)));
        let verified = verify(&postbacks.recv().await.ok_or("no postback")?)?;
        let reported = verified.reported();
        assert_eq!(format!("INV-{}", verified.invoice_id()), uuid);
        assert_eq!(reported.order_id.as_deref(), Some("ORDER_93223"));
        assert_eq!(
            reported
                .amount_crypto
                .map(|amount| amount.to_string())
                .as_deref(),
            Some(paid)
        );
        let reported = reported.invoice_info().ok_or("no invoice_info")?;
        let info = mimic.info(&uuid).await?;
        assert_eq!(info["status"], payment["status"]);
        assert_eq!(info["invoice_status"], "success");
        assert_eq!(info["test_mode"], payment["test_mode"] == true);
        assert_ne!(info["address"], "");
        for (name, reported) in [
            ("amount", reported.amount),
            ("amount_usd", reported.amount_usd),
            ("received", reported.received),
            ("received_usd", reported.received_usd),
        ] {
            let amount = info[name].to_string().parse().ok();
            assert_eq!(reported, amount, "{name}: {payment}");
        }
        assert_eq!(
            json!(reported.status.map(|status| status.to_string())),
            info["status"]
        );
        // The same again is a resend.
        mimic.pay(&uuid, &payment).await?;
        let again = verify(&postbacks.recv().await.ok_or("no postback")?)?;
        assert_eq!(again.invoice_id(), verified.invoice_id());
    }
    Ok(())
}

#[tokio::test]
async fn a_payment_may_go_without_a_postback() -> TestResult {
    let (url, mut postbacks) = shop().await?;
    let mimic = Mimic::start(&["--postback-url", &url])?;
    let uuid = mimic.create(&order("10")).await?;
    let silent = json!({ "status": "partial", "postback": false });
    assert_eq!(mimic.pay(&uuid, &silent).await?.1["postback"], Value::Null);
    let canceled = mimic.create(&order("10")).await?;
    mimic
        .pay(&canceled, &json!({ "status": "canceled" }))
        .await?;
    mimic.pay(&uuid, &json!({ "status": "paid" })).await?;
    let first = verify(&postbacks.recv().await.ok_or("no postback")?)?;
    assert_eq!(
        first
            .reported()
            .amount_crypto
            .map(|paid| paid.to_string())
            .as_deref(),
        Some("10")
    );
    assert_eq!(mimic.info(&canceled).await?["status"], "canceled");
    for (uuid, payment, expected) in [
        (&uuid, json!({ "status": "canceled" }), 409),
        (&uuid, json!({ "status": "created" }), 409),
        (&uuid, json!({ "status": "partial" }), 409),
        (&canceled, json!({ "status": "paid" }), 409),
        (&uuid, json!({ "status": "paid", "received": "9" }), 409),
        (&uuid, json!({ "status": "paid", "received": "x" }), 400),
        (&uuid, json!({ "status": "paid", "typo": 1 }), 400),
        (&"INV-UNKNOWN1".to_owned(), json!({ "status": "paid" }), 404),
    ] {
        assert_eq!(mimic.pay(uuid, &payment).await?.0, expected, "{payment}");
    }
    let open = mimic.create(&order("10")).await?;
    for (status, received) in [
        ("partial", "10"),
        ("partial", "0"),
        ("overpaid", "10"),
        ("paid", "9"),
    ] {
        let payment = json!({ "status": status, "received": received });
        assert_eq!(mimic.pay(&open, &payment).await?.0, 409, "{payment}");
    }
    assert!(postbacks.try_recv().is_err());

    let deaf = Mimic::start(&["--postback-url", "http://127.0.0.1:1/"])?;
    let uuid = deaf.create(&order("10")).await?;
    let (_, settled) = deaf.pay(&uuid, &json!({ "status": "paid" })).await?;
    assert!(settled["postback"]["error"].is_string(), "{settled}");
    let none = Mimic::start(&[])?;
    let uuid = none.create(&order("10")).await?;
    let payment = json!({ "status": "paid", "postback": true });
    assert_eq!(none.pay(&uuid, &payment).await?.0, 400);
    assert_eq!(none.info(&uuid).await?["status"], "created");
    Ok(())
}

#[tokio::test]
async fn the_link_leads_to_a_page_that_pays() -> TestResult {
    let mimic = Mimic::start(&[])?;
    let order = json!({ "shop_id": "SHOP", "amount": 1, "order_id": "<b>&" });
    let invoice = mimic.call("create", &order).await?;
    let link = invoice["link"].as_str().ok_or("no link")?;
    let page = mimic.client.get(link).send().await?;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let policy = page.headers()["content-security-policy"]
        .to_str()?
        .to_owned();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';"),
        "{policy}"
    );
    let page = page.text().await?;
    assert!(page.contains(r#""order_id":"&lt;b>&amp;""#), "{page}");
    assert!(page.contains("<button"), "{page}");
    let script = mimic
        .client
        .get(format!("{}/pay.js", mimic.origin))
        .send()
        .await?;
    assert_eq!(script.headers()["content-type"], "text/javascript");
    let unknown = mimic
        .client
        .get(format!("{}/pay/INV-UNKNOWN1", mimic.origin))
        .send()
        .await?;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn faults_on_request() -> TestResult {
    let mimic = Mimic::start(&[])?;
    let create = async || mimic.send("/v2/invoice/create", KEY, &order("1")).await;
    let fault = async |fault: Value| mimic.post("/faults", &fault).await;
    fault(json!({ "status": 429, "retry_after": 5, "count": 2 })).await?;
    for _ in 0..2 {
        let limited = create().await?;
        assert_eq!(limited.status(), 429);
        assert_eq!(limited.headers()["retry-after"], "5");
    }
    assert_eq!(create().await?.status(), 200);
    for status in [401, 500] {
        fault(json!({ "status": status })).await?;
        let failed = create().await?;
        assert_eq!(failed.status(), status);
        let body: Value = serde_json::from_str(&failed.text().await?)?;
        let unauthorized = json!({ "authorization": "Unauthorized request." });
        assert_eq!(body["status"], "error");
        assert_eq!(body["result"] == unauthorized, status == 401, "{body}");
        assert_eq!(create().await?.status(), 200);
    }
    fault(json!({ "status": "down" })).await?;
    assert!(create().await.is_err_and(|error| !error.is_timeout()));
    fault(json!({ "status": "cut" })).await?;
    let cut = create().await?;
    assert_eq!(cut.status(), 200);
    assert!(cut.text().await.is_err());
    fault(json!({ "status": "slow", "seconds": 3_600 })).await?;
    let slow = mimic
        .client
        .post(format!("{}/v2/invoice/create", mimic.origin));
    let slow = slow.header("content-type", "application/json");
    let slow = slow.timeout(Duration::from_millis(200)).send().await;
    assert!(slow.is_err_and(|error| error.is_timeout()));
    fault(json!({ "status": "slow", "seconds": 0 })).await?;
    assert_eq!(create().await?.status(), 200);
    // Payments go on while the API is down.
    let uuid = mimic.create(&order("1")).await?;
    fault(json!({ "status": "down", "count": 99 })).await?;
    assert_eq!(mimic.pay(&uuid, &json!({ "status": "paid" })).await?.0, 200);
    let clear = mimic.client.delete(format!("{}/faults", mimic.origin));
    clear
        .header("content-type", "application/json")
        .send()
        .await?
        .error_for_status()?;
    assert_eq!(create().await?.status(), 200);
    for invalid in [
        json!({ "status": 200 }),
        json!({ "status": "x" }),
        json!({ "status": 429, "typo": 1 }),
    ] {
        assert_eq!(fault(invalid).await?.0, 400);
    }
    let broken = Mimic::start(&["--fault", r#"{"status":503,"count":1}"#])?;
    assert_eq!(
        broken
            .send("/v2/invoice/create", KEY, &order("1"))
            .await?
            .status(),
        503
    );
    assert_eq!(
        broken
            .send("/v2/invoice/create", KEY, &order("1"))
            .await?
            .status(),
        200
    );
    Ok(())
}

#[tokio::test]
async fn other_sites_are_refused() -> TestResult {
    let mimic = Mimic::start(&[])?;
    let uuid = mimic.create(&order("1")).await?;
    for path in ["/v2/invoice/create", "/faults", &format!("/pay/{uuid}")] {
        let request = || mimic.client.post(format!("{}{path}", mimic.origin));
        let foreign = request().header("content-type", "application/json");
        let foreign = foreign.header(HOST, "evil.example").send().await?;
        assert_eq!(foreign.status(), StatusCode::FORBIDDEN, "{path}");
        let simple = request()
            .header("content-type", "text/plain")
            .send()
            .await?;
        assert_eq!(
            simple.status(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{path}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn it_starts_and_ends_as_a_process() -> TestResult {
    for signal in ["INT", "TERM"] {
        let mut mimic = Mimic::start(&[])?;
        mimic.create(&order("1")).await?;
        let id = mimic.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", signal, &id])
                .status()?
                .success()
        );
        assert_eq!(mimic.child.wait()?.code(), Some(0), "{signal}");
        let mut error = String::new();
        mimic
            .child
            .stderr
            .take()
            .ok_or("no pipe")?
            .read_to_string(&mut error)?;
        assert_eq!(error, "");
    }
    let mut open = Command::new(env!("CARGO_BIN_EXE_ccpostback"));
    open.args(["api", "--addr", "0.0.0.0:0"]);
    let mut open = Mimic::spawn(open.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    assert!(
        open.origin.starts_with("http://127.0.0.1:"),
        "{}",
        open.origin
    );
    let mut warning = String::new();
    BufReader::new(open.child.stderr.take().ok_or("no pipe")?).read_line(&mut warning)?;
    assert!(
        warning.contains("every machine that can reach this address"),
        "{warning}"
    );
    let url = ["--postback-url", "http://127.0.0.1:1/"];
    let without = command(&url)
        .env_remove("CRYPTOCLOUD_SECRET_KEY")
        .output()?;
    assert_eq!(without.status.code(), Some(2));
    assert_eq!(
        command(&["--fault", "429"]).output()?.status.code(),
        Some(2)
    );
    Ok(())
}

/// Far more than any request should take.
const LIMIT: Duration = Duration::from_secs(30);
