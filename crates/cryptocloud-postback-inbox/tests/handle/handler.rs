//! Handlers that succeed, fail, panic, or cannot leave their thread.

use std::{convert::Infallible, io, rc::Rc};

use cryptocloud_postback_inbox::{Inbox, InboxError, MemoryStore, Outcome};
use tokio::task::{self, LocalSet};

use crate::{TestResult, memory, postback};

type Fails = InboxError<io::Error>;

#[tokio::test]
async fn failed_one_runs_again() -> TestResult {
    let inbox = Inbox::new("shop", memory())?;
    for _ in 0..3 {
        let result = inbox
            .handle(&postback()?, async |_| Err::<(), _>(io::Error::other("no")))
            .await;
        match result {
            Err(InboxError::Handler(error)) => assert_eq!(error.to_string(), "no"),
            result => panic!("{result:?}"),
        }
    }
    let result: Result<_, Fails> = inbox.handle(&postback()?, async |_| Ok(7)).await;
    assert_eq!(result?, Outcome::Handled(7));
    let result: Result<_, Fails> = inbox.handle(&postback()?, async |_| Ok(8)).await;
    assert_eq!(result?, Outcome::Duplicate);
    Ok(())
}

#[tokio::test]
async fn panicked_one_runs_again() -> TestResult {
    let inbox = Inbox::new("shop", memory())?;
    for at_once in [true, false] {
        let result: Result<Outcome<()>, Fails> = inbox
            .handle(&postback()?, move |_| {
                assert!(!at_once, "this panic belongs to the test");
                async {
                    task::yield_now().await;
                    panic!("this panic belongs to the test")
                }
            })
            .await;
        assert!(matches!(result, Err(InboxError::Panicked)), "{result:?}");
    }
    let result: Result<_, Fails> = inbox.handle(&postback()?, async |_| Ok(())).await;
    assert_eq!(result?, Outcome::Handled(()));
    Ok(())
}

#[tokio::test]
async fn second_one_waits_for_the_first() -> TestResult {
    let inbox = Inbox::new("shop", memory())?;
    let (start, started) = tokio::sync::oneshot::channel();
    let (finish, finished) = tokio::sync::oneshot::channel::<()>();
    let first = task::spawn({
        let (inbox, postback) = (inbox.clone(), postback()?);
        async move {
            inbox
                .handle(&postback, async |_| {
                    start.send(()).ok();
                    finished.await
                })
                .await
        }
    });
    started.await?;
    let second: Result<_, Fails> = inbox.handle(&postback()?, async |_| Ok(())).await;
    match second {
        Err(error @ InboxError::InFlight { .. }) => assert_eq!(error.status_code(), 503),
        result => panic!("{result:?}"),
    }
    finish.send(()).ok();
    assert_eq!(first.await??, Outcome::Handled(()));
    let third: Result<_, Fails> = inbox.handle(&postback()?, async |_| Ok(())).await;
    assert_eq!(third?, Outcome::Duplicate);
    Ok(())
}

#[tokio::test]
async fn local_one_stays_on_its_thread() -> TestResult {
    let inbox = Inbox::new("shop", memory())?;
    let postback = postback()?;
    let outcome = LocalSet::new()
        .run_until(inbox.handle_local(&postback, async |_| {
            let local = Rc::new(7);
            task::yield_now().await;
            Ok::<_, Infallible>(Rc::clone(&local))
        }))
        .await?;
    assert_eq!(outcome, Outcome::Handled(Rc::new(7)));
    Ok(())
}

#[test]
fn inbox_goes_into_any_state() {
    fn check<T: Clone + Send + Sync + 'static>() {}
    check::<Inbox>();
    let inbox = Inbox::new("shop", MemoryStore::new(1));
    let text = format!("{inbox:?}");
    assert!(text.contains("project: \"shop\""), "{text}");
}
