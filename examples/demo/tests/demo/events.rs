use std::time::Duration;

use reqwest::{Method, Response};
use tokio::time::timeout;

use super::Demo;
use crate::{Server, TestResult, create, pay, postback};

/// Waits for the next piece of the stream.
async fn next(stream: &mut Response) -> TestResult<Option<String>> {
    let piece = timeout(Duration::from_secs(30), stream.chunk()).await??;
    Ok(piece.map(|piece| String::from_utf8_lossy(&piece).into_owned()))
}

#[tokio::test]
async fn one_event_at_once_and_one_after_each_change() -> TestResult {
    let server = Server::start("events").await?;
    let demo = Demo::start(&server).await?;
    let mut streams = [
        demo.request(Method::GET, "/events").send().await?,
        demo.request(Method::GET, "/events").send().await?,
    ];
    for stream in &mut streams {
        let first = next(stream).await?.ok_or("no event")?;
        assert!(first.contains("event: change\n"), "{first}");
    }
    demo.order("A").await?;
    for stream in &mut streams {
        let event = next(stream).await?.ok_or("no event")?;
        assert!(event.contains("event: change\n"), "{event}");
    }
    // Also for a payment that no button has sent.
    create(&demo.shop, &crate::ORDER.replace("\"A\"", "\"B\"")).await?;
    next(&mut streams[0]).await?;
    pay(&demo.shop, &postback().order_id("B")).await?;
    assert!(next(&mut streams[0]).await?.is_some());

    demo.shop.end_events();
    for mut stream in streams {
        while next(&mut stream).await?.is_some() {}
    }
    // Whoever comes while the server ends is not kept either.
    let mut late = demo.request(Method::GET, "/events").send().await?;
    assert_eq!(next(&mut late).await?, None);
    Ok(())
}
