use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use cryptocloud_postback_inbox::{Inbox, LostReport, MemoryStore, State};

use crate::{Result, Shop, postback, record};

/// A log that a test can read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn logged_without_its_token_and_imported_later() -> Result {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let shop = Shop::default();
    let full = Inbox::builder("shop", MemoryStore::new(0), shop.clone()).build()?;
    let postback = postback("A", "ORDER_1")?;
    let response = full.receive(&postback).await;
    assert_eq!(response.status(), 503);
    assert_eq!(shop.started(), 0);
    drop(guard);

    let text = log.text();
    let line = text
        .lines()
        .find(|line| line.contains("ERROR"))
        .ok_or("a line")?;
    let body = String::from_utf8_lossy(postback.body());
    let token = body.split('"').find(|part| part.starts_with("eyJ"));
    assert!(!line.contains(token.ok_or("a token")?));
    let lost = LostReport::find(line).ok_or("a report")??;

    let inbox = shop.builder().build()?;
    for _ in 0..2 {
        inbox.import(&lost.0).await?;
        inbox.run_once().await?;
    }
    // The vendor sends again after all.
    assert_eq!(inbox.receive(&postback).await.status(), 200);
    assert_eq!(shop.finished(), 1);
    assert_eq!(record(&inbox, "A").await?.state, State::Done);
    Ok(())
}
