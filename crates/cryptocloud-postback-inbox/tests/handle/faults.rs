//! A store that fails or hangs: never a handler without a claim, never `Ok` without a completion.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use cryptocloud_postback_inbox::{
    Inbox, InboxError, Outcome,
    StoreErrorKind::{self, Corrupt, Full, StaleLease, TimedOut, Unavailable},
};
use tokio::time::{self, Instant};

use crate::{
    TestResult,
    faulty::{
        Call::{self, Claim, Complete, Release},
        Fault::{self, After, Before, Hang, HangAfter},
        FaultyStore,
    },
    inbox, memory, postback,
};

struct Counted {
    inbox: Inbox,
    runs: Arc<AtomicU32>,
}

impl Counted {
    fn new(store: &FaultyStore) -> Self {
        Self {
            inbox: inbox(store),
            runs: Arc::default(),
        }
    }

    async fn handle(&self) -> Result<Outcome<()>, InboxError<Infallible>> {
        let runs = Arc::clone(&self.runs);
        let postback = postback().unwrap_or_else(|error| panic!("{error}"));
        self.inbox
            .handle(&postback, async move |_| {
                runs.fetch_add(1, Ordering::SeqCst);
                Ok(())
            })
            .await
    }

    fn runs(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }
}

/// One postback under these faults, then a resend after the lease.
async fn check(
    call: Call,
    faults: &[Fault],
    expected: Result<Outcome<()>, StoreErrorKind>,
    (runs, runs_of_both): (u32, u32),
) -> TestResult {
    let store = FaultyStore::new(memory());
    let counted = Counted::new(&store);
    store.fail(call, faults);
    let before = Instant::now();
    let result = match counted.handle().await {
        Ok(outcome) => Ok(outcome),
        Err(InboxError::Store(error)) => Err(error.kind()),
        Err(error) => return Err(error.into()),
    };
    assert_eq!(result, expected, "{faults:?}");
    assert_eq!(counted.runs(), runs, "{faults:?}");
    // By tokio's clock, which stands still here while anybody works.
    assert!(before.elapsed() <= Duration::from_secs(5), "{faults:?}");

    store.fail(call, &[]);
    time::advance(Duration::from_secs(60)).await;
    let resend = match runs_of_both > runs {
        true => Outcome::Handled(()),
        false => Outcome::Duplicate,
    };
    assert_eq!(counted.handle().await?, resend, "{faults:?}");
    assert_eq!(counted.runs(), runs_of_both, "{faults:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_claim_no_handler() -> TestResult {
    for kind in [Unavailable, Full, Corrupt] {
        check(Claim, &[Before(kind)], Err(kind), (0, 1)).await?;
        check(Claim, &[After(kind)], Err(kind), (0, 1)).await?;
    }
    check(Claim, &[Hang], Err(TimedOut), (0, 1)).await?;
    check(Claim, &[HangAfter], Err(TimedOut), (0, 1)).await
}

#[tokio::test(start_paused = true)]
async fn no_completion_no_ok() -> TestResult {
    check(Complete, &[Hang], Err(TimedOut), (1, 2)).await?;
    check(Complete, &[HangAfter], Err(TimedOut), (1, 1)).await?;
    check(Complete, &[Before(Corrupt)], Err(Corrupt), (1, 2)).await?;
    check(Complete, &[Before(StaleLease)], Err(StaleLease), (1, 2)).await?;
    let down = [Before(Unavailable); 1_000];
    check(Complete, &down, Err(TimedOut), (1, 2)).await
}

#[tokio::test(start_paused = true)]
async fn completion_is_tried_again() -> TestResult {
    let handled = || Ok(Outcome::Handled(()));
    check(Complete, &[Before(Unavailable); 3], handled(), (1, 1)).await?;
    // Its first answer was lost after the effect.
    check(Complete, &[After(Unavailable)], handled(), (1, 1)).await
}

#[tokio::test(start_paused = true)]
async fn lost_release_is_freed_by_the_lease() -> TestResult {
    for fault in [Hang, Before(Unavailable)] {
        let store = FaultyStore::new(memory());
        let counted = Counted::new(&store);
        store.fail(Release, &[fault]);
        let failed = counted
            .inbox
            .handle(&postback()?, async |_| Err::<(), _>("no"))
            .await;
        assert!(matches!(failed, Err(InboxError::Handler("no"))));
        assert_eq!(store.left(Release), 0);
        let early = counted.handle().await;
        assert!(matches!(early, Err(InboxError::InFlight { .. })));
        time::advance(Duration::from_secs(60)).await;
        assert_eq!(counted.handle().await?, Outcome::Handled(()));
    }
    Ok(())
}
