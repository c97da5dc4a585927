use std::time::Duration;

use axum_shop::Shop;
use reqwest::{Method, Response};
use tokio::time::timeout;

use crate::{HANG, Server, TestResult};

/// Waits for the next event of the stream.
async fn next(stream: &mut Response) -> TestResult<Option<String>> {
    let event = timeout(HANG, stream.chunk()).await??;
    Ok(event.map(|event| String::from_utf8_lossy(&event).into_owned()))
}

#[tokio::test]
async fn one_event_at_once_and_none_after_the_end() -> TestResult {
    let server = Server::start().await?;
    let mut streams = [
        server.request(Method::GET, "/events").send().await?,
        server.request(Method::GET, "/events").send().await?,
    ];
    for stream in &mut streams {
        let event = next(stream).await?.ok_or("no event")?;
        assert!(event.contains("data: change\n"), "{event}");
    }
    server.demo.changes.end();
    for mut stream in streams {
        while next(&mut stream).await?.is_some() {}
    }
    // A stream that begins while the server shuts down ends too.
    let mut late = server.request(Method::GET, "/events").send().await?;
    assert_eq!(next(&mut late).await?, None);
    Ok(())
}

/// The page shows what another process commits.
#[tokio::test]
async fn a_change_of_the_file_is_an_event() -> TestResult {
    let server = Server::start().await?;
    let other = Shop::open(server.folder.path().join("demo.sqlite"), None).await?;
    let mut stream = server.request(Method::GET, "/events").send().await?;
    // The first look at the file is an event of its own.
    while timeout(QUIET, next(&mut stream)).await.is_ok() {}
    let sql = "INSERT INTO orders (id, amount, currency) VALUES ('A', '1', 'BTC')";
    sqlx::query(sql).execute(other.store.pool()).await?;
    assert!(next(&mut stream).await?.is_some());
    Ok(())
}

const QUIET: Duration = Duration::from_millis(500);
