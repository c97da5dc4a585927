use std::time::Duration;

use cryptocloud_postback_axum::testing::PostbackBuilder;
use reqwest::{Method, Response};
use tokio::time::timeout;

use crate::{Demo, SECRET, TestResult};

/// Waits for the next event of the stream.
async fn next(stream: &mut Response) -> TestResult<Option<String>> {
    let event = timeout(Duration::from_secs(30), stream.chunk()).await??;
    Ok(event.map(|event| String::from_utf8_lossy(&event).into_owned()))
}

#[tokio::test]
async fn one_event_at_once_and_one_after_each_change() -> TestResult {
    let demo = Demo::start().await?;
    let mut streams = [
        demo.request(Method::GET, "/events").send().await?,
        demo.request(Method::GET, "/events").send().await?,
    ];
    demo.order("A").await?;
    for stream in &mut streams {
        let event = next(stream).await?.ok_or("no event")?;
        assert!(event.contains("event: change\n"), "{event}");
    }
    // A payment that no button has sent.
    let postback = PostbackBuilder::new(SECRET).invoice_id("OTHER111").json();
    let request = demo
        .request(Method::POST, "/postback")
        .body(postback.body());
    assert_eq!(request.send().await?.status(), 200);
    assert!(next(&mut streams[0]).await?.is_some());

    demo.changes.end();
    for mut stream in streams {
        while next(&mut stream).await?.is_some() {}
    }
    // A stream that begins while the server shuts down ends too.
    let mut late = demo.request(Method::GET, "/events").send().await?;
    assert_eq!(next(&mut late).await?, None);
    Ok(())
}

/// The page shows what another process commits.
#[tokio::test]
async fn a_change_of_the_file_is_an_event() -> TestResult {
    let demo = Demo::start().await?;
    let other = axum_shop::Shop::open(demo.folder.path().join("demo.sqlite"), None).await?;
    let mut stream = demo.request(Method::GET, "/events").send().await?;
    let sql = "INSERT INTO orders (id, amount, currency) VALUES ('A', '1', 'BTC')";
    sqlx::query(sql).execute(other.store.pool()).await?;
    let count = |event: Option<String>| -> TestResult<u64> {
        let event = event.ok_or("the stream has ended")?;
        let data = event.lines().find_map(|line| line.strip_prefix("data: "));
        Ok(data.ok_or("no data")?.parse()?)
    };
    let first = count(next(&mut stream).await?)?;
    sqlx::query("UPDATE orders SET amount = '2'")
        .execute(other.store.pool())
        .await?;
    while count(next(&mut stream).await?)? <= first {}
    Ok(())
}
