//! The memory store.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use cryptocloud_postback::{Amount, Currency};
use cryptocloud_postback_inbox::{
    Claim, InboxStore, Key, MemoryStore, Report, StoreError, StoreErrorKind,
    contract::{self, Fixture},
};

/// A clock that stands still until it is turned on.
#[derive(Clone, Default)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn pass(&self, duration: Duration) {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    fn store(&self, capacity: usize) -> MemoryStore {
        let clock = self.clone();
        MemoryStore::with_clock(capacity, move || {
            let millis = 1_800_000_000_000 + clock.0.load(Ordering::SeqCst);
            SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract() {
    contract::verify(async || {
        let clock = Clock::default();
        Fixture {
            store: Arc::new(clock.store(1_000)),
            pass: Box::new(move |duration| clock.pass(duration)),
        }
    })
    .await;
}

fn report(invoice: &str, currency: Currency) -> Report {
    let amount = Amount::parse("1").unwrap_or_else(|error| panic!("{error}"));
    Report::new(Key::new("shop", invoice, "success"), amount, currency, None)
}

const LEASE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn full_refuses_and_evicts_nothing() -> Result<(), StoreError> {
    let clock = Clock::default();
    let store = clock.store(2);
    let (live, done) = (report("LIVE", Currency::Bnb), report("DONE", Currency::Bnb));
    let Claim::Acquired(_) = store.claim(&live, LEASE).await? else {
        panic!("free");
    };
    let Claim::Acquired(lease) = store.claim(&done, LEASE).await? else {
        panic!("free");
    };
    store.complete(&lease).await?;
    for refused in [report("NEW", Currency::Bnb), report("DONE", Currency::Eth)] {
        let error = store.claim(&refused, LEASE).await.err();
        assert_eq!(error.map(|error| error.kind()), Some(StoreErrorKind::Full));
    }
    // What is known is still answered, and taken over.
    assert_eq!(store.claim(&done, LEASE).await?, Claim::Done);
    clock.pass(LEASE);
    assert!(matches!(
        store.claim(&live, LEASE).await?,
        Claim::Acquired(_)
    ));

    assert_eq!(store.purge("shop", LEASE, 10).await?, 1);
    let new = store.claim(&report("NEW", Currency::Bnb), LEASE).await?;
    assert!(matches!(new, Claim::Acquired(_)));
    Ok(())
}

#[tokio::test]
async fn a_lease_beyond_the_end_of_time_is_no_panic() -> Result<(), StoreError> {
    let store = MemoryStore::new(1);
    let claim = store
        .claim(&report("A", Currency::Bnb), Duration::MAX)
        .await?;
    assert!(matches!(claim, Claim::Acquired(_)));
    Ok(())
}
