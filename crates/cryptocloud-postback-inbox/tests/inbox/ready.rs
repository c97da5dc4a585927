use std::{
    error::Error,
    time::{Duration, SystemTime},
};

use cryptocloud_postback_inbox::{Inbox, Limits, MemoryStore, NotReady, StoreErrorKind};

use crate::{
    Result, Shop,
    faulty::{Fault, FaultyStore},
    record, send,
};

fn store() -> FaultyStore {
    FaultyStore::new(MemoryStore::new(100))
}

fn inbox(store: &FaultyStore) -> Result<Inbox> {
    Ok(Inbox::builder("shop", store.clone(), Shop::default()).build()?)
}

#[tokio::test]
async fn ready_without_a_change() -> Result {
    let inbox = inbox(&store())?;
    send(&inbox, "A", "hold").await?;
    let before = record(&inbox, "A").await?;
    inbox.ready().await?;
    assert_eq!(record(&inbox, "A").await?, before);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn not_ready_if_the_store_cannot_be_used() -> Result {
    let unavailable = StoreErrorKind::Unavailable;
    for (method, fault, expected) in [
        ("check", Fault::Before(unavailable), unavailable),
        (
            "check",
            Fault::Before(StoreErrorKind::SchemaTooOld),
            StoreErrorKind::SchemaTooOld,
        ),
        ("check", Fault::Hangs, StoreErrorKind::TimedOut),
        ("now", Fault::Before(unavailable), unavailable),
        ("now", Fault::Hangs, StoreErrorKind::TimedOut),
    ] {
        let store = store();
        let inbox = inbox(&store)?;
        store.fail(method, fault);
        let asked = tokio::time::Instant::now();
        let error = inbox.ready().await.err().ok_or("ready")?;
        // By the paused clock, which only a time-out moves.
        assert!(asked.elapsed() <= Limits::default().statement + Duration::from_millis(1));
        assert_eq!(error.to_string(), "store cannot be used");
        let source = error.source().map(ToString::to_string);
        assert_eq!(source, Some(expected.to_string()), "{method} {fault:?}");
        store.repair();
        inbox.ready().await?;
    }
    Ok(())
}

#[tokio::test]
async fn not_ready_if_the_clocks_differ() -> Result {
    let check = async |ahead: u64, behind: u64, expected: bool| -> Result {
        let store = MemoryStore::with_clock(100, move || {
            SystemTime::now() + Duration::from_secs(ahead) - Duration::from_secs(behind)
        });
        let inbox = Inbox::builder("shop", store, Shop::default()).build()?;
        let ready = inbox.ready().await;
        let is_right = match ready {
            Ok(()) => expected,
            Err(NotReady::Clock) => !expected,
            Err(_) => false,
        };
        assert!(is_right, "{ahead} {behind} {ready:?}");
        Ok(())
    };
    check(0, 0, true).await?;
    check(30, 0, true).await?;
    check(0, 30, true).await?;
    check(90, 0, false).await?;
    check(0, 90, false).await
}
