//! Somebody goes away at each await on the way.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::Poll,
    time::{Duration, SystemTime},
};

use cryptocloud_postback_inbox::{Inbox, InboxError, MemoryStore, Outcome};
use tokio::{runtime, task};

use crate::{TestResult, faulty::FaultyStore, inbox, postback};

/// More than there are awaits from the claim to the completion.
const STEPS: usize = 30;

async fn handle(
    inbox: &Inbox,
    effects: &Arc<AtomicU32>,
) -> Result<Outcome<()>, InboxError<Infallible>> {
    let postback = postback().unwrap_or_else(|error| panic!("{error}"));
    let effects = Arc::clone(effects);
    inbox
        .handle(&postback, async move |_| {
            task::yield_now().await;
            effects.fetch_add(1, Ordering::SeqCst);
            task::yield_now().await;
            Ok(())
        })
        .await
}

/// Polls it this many times, with a turn for every task between, and says whether it has ended.
async fn step(future: impl Future, steps: usize) -> bool {
    let mut future = pin!(future);
    for _ in 0..steps {
        let poll = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready()));
        if poll.await {
            return true;
        }
        task::yield_now().await;
    }
    false
}

/// The framework drops the future when the client hangs up.
#[tokio::test]
async fn work_goes_on_without_the_client() -> TestResult {
    let mut ended = 0;
    for steps in 0..STEPS {
        let store = FaultyStore::new(MemoryStore::new(10));
        let (inbox, effects) = (inbox(&store), Arc::default());
        if step(handle(&inbox, &effects), steps).await {
            ended += 1;
        }
        if steps > 0 {
            for _ in 0..STEPS {
                task::yield_now().await;
            }
            assert_eq!(effects.load(Ordering::SeqCst), 1, "after {steps} steps");
        }
        let resend = handle(&inbox, &effects).await?;
        let expected = match steps {
            0 => Outcome::Handled(()),
            _ => Outcome::Duplicate,
        };
        assert_eq!(resend, expected, "after {steps} steps");
        assert_eq!(effects.load(Ordering::SeqCst), 1, "after {steps} steps");
    }
    assert!((1..STEPS - 5).contains(&ended), "{ended} have ended");
    Ok(())
}

/// The process ends in good order: its runtime drops all tasks.
#[test]
fn lease_frees_the_claim_after_a_shutdown() -> TestResult {
    let mut handled_again = 0;
    for steps in 0..STEPS {
        let late = Arc::new(AtomicU32::new(0));
        let clock = Arc::clone(&late);
        let store = FaultyStore::new(MemoryStore::with_clock(10, move || {
            let seconds = clock.load(Ordering::SeqCst);
            SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.into())
        }));
        let (inbox, effects) = (inbox(&store), Arc::default());
        let first = runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        let ended = first.block_on(step(handle(&inbox, &effects), steps));
        drop(first);

        late.store(60, Ordering::SeqCst);
        let second = runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        let resend = second.block_on(handle(&inbox, &effects))?;
        if ended {
            assert_eq!(resend, Outcome::Duplicate, "after {steps} steps");
        }
        if resend == Outcome::Handled(()) && steps > 0 {
            handled_again += 1;
        }
        // Twice only where it stopped between the effect and the completion.
        let effects = effects.load(Ordering::SeqCst);
        assert!((1..=2).contains(&effects), "{effects} after {steps} steps");
    }
    assert!(
        handled_again > 3,
        "it stopped at {handled_again} awaits only"
    );
    Ok(())
}
