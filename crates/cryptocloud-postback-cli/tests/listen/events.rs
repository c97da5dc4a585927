//! The event stream that the page reads.

use reqwest::{Method, Response};
use serde_json::Value;

use crate::{TestResult, genuine, listener::Listener};

/// The event stream of one connection.
struct Events {
    response: Response,
    text: String,
}

impl Events {
    async fn open(listener: &Listener, last: Option<&str>) -> TestResult<Self> {
        let mut request = listener.own(Method::GET, "/api/events");
        if let Some(id) = last {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await?.error_for_status()?;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ok(Self {
            response,
            text: String::new(),
        })
    }

    /// The id and the data of the next event; `None` at the end of the stream.
    async fn next(&mut self) -> TestResult<Option<(String, Value)>> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name| event.lines().find_map(|line| line.strip_prefix(name));
                let event = field("id: ").zip(field("data: "));
                let event = event.map(|(id, data)| (id.to_owned(), data.to_owned()));
                self.text = rest.to_owned();
                let (id, data) = event.ok_or("no event")?;
                return Ok(Some((id, serde_json::from_str(&data)?)));
            }
            match self.response.chunk().await? {
                Some(chunk) => self.text += str::from_utf8(&chunk)?,
                None => return Ok(None),
            }
        }
    }
}

fn ids(update: &Value) -> Vec<u64> {
    let postbacks = update["postbacks"].as_array().map(Vec::as_slice);
    let ids = postbacks.unwrap_or_default().iter();
    ids.filter_map(|postback| postback["id"].as_u64()).collect()
}

#[tokio::test]
async fn stored_postbacks_and_changes() -> TestResult {
    let mut listener = Listener::start(&[])?;
    listener.post(&genuine("GENUINE1")).await?;
    let mut events = Events::open(&listener, None).await?;
    let (_, first) = events.next().await?.ok_or("no event")?;
    assert_eq!(ids(&first), [1]);
    listener.post(&genuine("GENUINE2")).await?;
    let (seen, second) = events.next().await?.ok_or("no event")?;
    assert_eq!(ids(&second), [2]);
    assert_eq!(second["postbacks"][0]["invoice_id"], "GENUINE2");
    assert_eq!(second["oldest"], 1);

    // A page that reconnects gets what it missed, once.
    listener.post(&genuine("GENUINE3")).await?;
    let mut again = Events::open(&listener, Some(&seen)).await?;
    assert_eq!(ids(&again.next().await?.ok_or("no event")?.1), [3]);
    // An id of another run or a malformed one is ignored.
    for other in ["0.2", "", "x", "0.18446744073709551616"] {
        let mut all = Events::open(&listener, Some(other)).await?;
        assert_eq!(ids(&all.next().await?.ok_or("no event")?.1), [1, 2, 3]);
    }

    listener
        .own(Method::DELETE, "/api/postbacks")
        .send()
        .await?;
    let (_, cleared) = again.next().await?.ok_or("no event")?;
    assert_eq!((ids(&cleared), &cleared["oldest"]), (vec![], &4.into()));

    assert!(listener.signal("INT")?.success());
    // The stream ends properly and is not cut off.
    while events.next().await?.is_some() {}
    Ok(())
}

#[tokio::test]
async fn a_slow_reader_misses_nothing_that_is_kept() -> TestResult {
    let listener = Listener::start(&["--keep", "50"])?;
    let mut events = Events::open(&listener, None).await?;
    for _ in 0..300 {
        listener.post(&genuine("GENUINE1")).await?;
    }
    let mut kept = std::collections::BTreeSet::new();
    while kept.last() != Some(&300) {
        let (_, update) = events.next().await?.ok_or("no event")?;
        kept.extend(ids(&update));
        kept.retain(|id| {
            update["oldest"]
                .as_u64()
                .is_some_and(|oldest| *id >= oldest)
        });
    }
    assert!(kept.into_iter().eq(251..=300));
    Ok(())
}
