//! The event stream that the page reads.

use reqwest::{Method, Response};

use crate::{TestResult, genuine, listener::Listener};

/// Waits for the next event, and asserts that it is a change; `None` at the end of the stream.
async fn next(stream: &mut Response) -> TestResult<Option<()>> {
    let Some(event) = stream.chunk().await? else {
        return Ok(None);
    };
    let event = str::from_utf8(&event)?;
    assert!(event.contains("data: change\n"), "{event}");
    Ok(Some(()))
}

#[tokio::test]
async fn an_event_at_once_and_after_each_change() -> TestResult {
    let mut listener = Listener::start(&[])?;
    let stream = listener.own(Method::GET, "/api/events").send().await?;
    let mut stream = stream.error_for_status()?;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    next(&mut stream).await?.ok_or("no event")?;
    listener.post(&genuine("GENUINE1")).await?;
    next(&mut stream).await?.ok_or("no event")?;
    let clear = listener.own(Method::DELETE, "/api/postbacks");
    clear.send().await?;
    next(&mut stream).await?.ok_or("no event")?;
    assert!(listener.signal("INT")?.success());
    // The stream ends properly and is not cut off.
    assert_eq!(next(&mut stream).await?, None);
    Ok(())
}
