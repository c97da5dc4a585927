use std::sync::Arc;

use cryptocloud_postback_axum::core::Currency;
use demo::Simulator;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{Demo, SECRET, TestResult, secret, simulation};

/// It has the vendor's name, and follows no redirect.
#[tokio::test]
async fn it_sends_as_the_vendor_does() -> TestResult {
    let receiver = TcpListener::bind("127.0.0.1:0").await?;
    let target = receiver.local_addr()?;
    let demo = Demo::start_with(Arc::new(TempDir::with_prefix("demo-")?), Some(target)).await?;
    let receive = async {
        let (mut stream, _) = receiver.accept().await?;
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            stream.read_buf(&mut request).await?;
        }
        let response = format!(
            "HTTP/1.1 302 Found\r\nLocation: http://{}/postback\r\nContent-Length: 2\r\n\r\n{{}}",
            demo.address
        );
        stream.write_all(response.as_bytes()).await?;
        TestResult::Ok(String::from_utf8(request)?)
    };
    let (status, request) = tokio::try_join!(demo.press("A", "payment", "json"), receive)?;
    assert_eq!(status, 302);
    assert!(
        request.starts_with("POST /postback HTTP/1.1\r\n"),
        "{request}"
    );
    let head = request.to_lowercase();
    assert!(
        head.contains("\r\nuser-agent: cryptocloud postback v2\r\n"),
        "{head}"
    );
    assert!(
        head.contains("\r\ncontent-type: application/json\r\n"),
        "{head}"
    );
    assert_eq!(demo.deliveries().await?, Vec::<Value>::new());

    // The page says so if the postback cannot be sent.
    drop(receiver);
    let (status, text) = demo
        .post("/simulate", &simulation("A", "payment", "json"))
        .await?;
    assert_eq!((status.as_u16(), &*text), (502, "postback was not sent"));
    Ok(())
}

#[test]
fn it_never_shows_the_secret() -> TestResult {
    let simulator = Simulator::new(secret(), "127.0.0.1:3000".parse()?)?;
    let shown = format!("{simulator:?} {simulator:#?}");
    assert!(
        shown.contains("[redacted]") && !shown.contains(SECRET),
        "{shown}"
    );
    Ok(())
}

#[tokio::test]
async fn the_page_offers_every_currency() -> TestResult {
    let demo = Demo::start().await?;
    let currencies = demo.get("/page.json").await?["currencies"].clone();
    assert_eq!(
        currencies.as_array().map(Vec::len),
        Some(Currency::ALL.len())
    );
    Ok(())
}
