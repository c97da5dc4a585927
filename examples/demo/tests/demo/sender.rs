use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{Demo, simulator};
use crate::{SECRET, Server, TestResult};

/// The vendor's name, and no second request where the first one is sent elsewhere.
#[tokio::test]
async fn it_sends_as_the_vendor_does() -> TestResult {
    let server = Server::start("sender").await?;
    let receiver = TcpListener::bind("127.0.0.1:0").await?;
    let address = receiver.local_addr()?;
    let demo = Demo::start_with(&server, |shop, _| Ok(Some(simulator(shop, address)?))).await?;
    demo.order("A").await?;
    let receive = async {
        let (mut stream, _) = receiver.accept().await?;
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            stream.read_buf(&mut request).await?;
        }
        let answer = format!(
            "HTTP/1.1 302 Found\r\nLocation: http://{}/postback\r\nContent-Length: 2\r\n\r\n{{}}",
            demo.address
        );
        stream.write_all(answer.as_bytes()).await?;
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
    assert_eq!(demo.state().await?["deliveries"], json!([]));

    // Where nobody listens, the page is told so.
    drop(receiver);
    let body = json!({"order_id": "A", "kind": "payment", "format": "json"});
    let (status, answer) = demo.post("/simulate", &body).await?;
    assert_eq!(
        (status.as_u16(), answer),
        (502, json!({"error": "Postback was not sent"}))
    );
    Ok(())
}

#[tokio::test]
async fn it_never_shows_the_secret() -> TestResult {
    let server = Server::start("shown").await?;
    let simulator = simulator(&server.shop, "127.0.0.1:3000".parse()?)?;
    let shown = format!("{simulator:?} {simulator:#?}");
    assert!(
        shown.contains("[redacted]") && !shown.contains(SECRET),
        "{shown}"
    );
    Ok(())
}
