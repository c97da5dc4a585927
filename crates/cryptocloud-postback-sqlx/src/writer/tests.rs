use std::{future::poll_fn, io, pin::Pin, task::Poll};

use cryptocloud_postback::{Amount, Currency};
use cryptocloud_postback_inbox::{ClaimId, Fingerprint, Key, Owner};
use tokio::{runtime, sync::Semaphore};

use super::*;

/// Writes as often as it is allowed to, and remembers what it wrote together.
struct Gate<const MIXES: bool> {
    allowed: Semaphore,
    log: Mutex<Vec<Vec<u64>>>,
}

impl<const MIXES: bool> Gate<MIXES> {
    async fn write(&self, writes: &[Write]) {
        match self.allowed.acquire().await {
            Ok(permit) => permit.forget(),
            Err(error) => panic!("{error}"),
        }
        let number = |write: &Write| match write {
            Write::Claim(_, lease) => lease.as_secs(),
            Write::Complete(lease) => lease.fence(),
        };
        let mut numbers: Vec<u64> = writes.iter().map(number).collect();
        numbers.sort_unstable();
        self.log().push(numbers);
    }

    fn log(&self) -> MutexGuard<'_, Vec<Vec<u64>>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<const MIXES: bool> Backend for Gate<MIXES> {
    const MIXES: bool = MIXES;

    async fn alone(&self, write: &Write) -> Result<Written, Failure> {
        self.write(std::slice::from_ref(write)).await;
        Ok(Written::Complete(true))
    }

    /// Refuses all of them where one is a bad one.
    async fn together(&self, writes: &[Write]) -> Vec<Option<Written>> {
        self.write(writes).await;
        let is_bad =
            |write: &Write| matches!(write, Write::Complete(lease) if lease.fence() == BAD);
        let is_refused = writes.iter().any(is_bad);
        let written = |_| (!is_refused).then_some(Written::Complete(true));
        writes.iter().map(written).collect()
    }
}

const BAD: u64 = 99;

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Written, Failure>> + 'a>>;

fn runtime() -> io::Result<runtime::Runtime> {
    runtime::Builder::new_current_thread().build()
}

fn writer<const MIXES: bool>(batch: usize, slots: usize) -> Writer<Gate<MIXES>> {
    let gate = Gate {
        allowed: Semaphore::new(0),
        log: Mutex::default(),
    };
    Writer::new(gate, Limits { batch, slots })
}

fn completion(number: u64) -> Write {
    let id = ClaimId::new([0; 32], Fingerprint::from_bytes([0; 32]));
    Write::Complete(Lease::new(id, Owner::unique(), number))
}

async fn is_pending(answer: &mut Answer<'_>) -> bool {
    poll_fn(|context| Poll::Ready(answer.as_mut().poll(context).is_pending())).await
}

/// They arrive one after the other.
async fn begin<const MIXES: bool>(
    writer: &Writer<Gate<MIXES>>,
    writes: impl IntoIterator<Item = Write>,
) -> Vec<Answer<'_>> {
    let mut answers: Vec<Answer<'_>> = Vec::new();
    for write in writes {
        let mut answer: Answer<'_> = Box::pin(writer.write(write));
        assert!(is_pending(&mut answer).await);
        answers.push(answer);
    }
    answers
}

/// Waits for all of them in their order, which is that of the slots.
async fn end(answers: Vec<Answer<'_>>) {
    for answer in answers {
        assert!(matches!(answer.await, Ok(Written::Complete(true))));
    }
}

/// Allows as much as is needed, and says what was written together.
async fn log<const MIXES: bool>(
    writer: &Writer<Gate<MIXES>>,
    answers: Vec<Answer<'_>>,
) -> Vec<Vec<u64>> {
    writer.0.backend.allowed.add_permits(100);
    end(answers).await;
    writer.0.backend.allowed.forget_permits(100);
    mem::take(&mut *writer.0.backend.log())
}

#[test]
fn those_who_wait_are_written_together() -> io::Result<()> {
    runtime()?.block_on(async {
        let writer = writer::<true>(3, 2);
        let answers = begin(&writer, (0..9).map(completion)).await;
        assert_eq!(writer.0.queue().waiting.len(), 7);
        // Awaited in their order, the first two give their slots to the next two.
        let expected = [vec![0], vec![1], vec![2, 4, 5], vec![3, 7, 8], vec![6]];
        let mut log = log(&writer, answers).await;
        log.sort();
        assert_eq!(log, expected);
        assert_eq!(writer.0.queue().free, 2);
    });
    Ok(())
}

#[test]
fn claims_and_completions_mix_only_where_they_may() -> io::Result<()> {
    let report = || {
        let amount = Amount::parse("1").unwrap_or_else(|error| panic!("{error}"));
        Report::new(
            Key::new("shop", "A", "success"),
            amount,
            Currency::Bnb,
            None,
        )
    };
    let claim = |number| Write::Claim(report(), Duration::from_secs(number));
    runtime()?.block_on(async {
        let writes = || {
            [
                completion(0),
                completion(1),
                claim(2),
                completion(3),
                claim(4),
            ]
        };
        let writer = writer::<true>(64, 1);
        let answers = begin(&writer, writes()).await;
        assert_eq!(log(&writer, answers).await, [vec![0], vec![1, 2, 3, 4]]);
    });
    runtime()?.block_on(async {
        let writes = || {
            [
                completion(0),
                completion(1),
                claim(2),
                completion(3),
                claim(4),
            ]
        };
        let writer = writer::<false>(64, 1);
        let answers = begin(&writer, writes()).await;
        assert_eq!(
            log(&writer, answers).await,
            [vec![0], vec![1, 3], vec![2, 4]]
        );
    });
    Ok(())
}

#[test]
fn one_bad_write_fails_no_other() -> io::Result<()> {
    runtime()?.block_on(async {
        let writer = writer::<true>(64, 1);
        let answers = begin(&writer, [0, 1, BAD, 3].map(completion)).await;
        let expected = [vec![0], vec![1, 3, BAD], vec![1], vec![BAD], vec![3]];
        assert_eq!(log(&writer, answers).await, expected);
    });
    Ok(())
}

#[test]
fn who_goes_away_takes_nothing_with_it() -> io::Result<()> {
    runtime()?.block_on(async {
        let writer = writer::<true>(64, 1);
        let mut answers = begin(&writer, (0..6).map(completion)).await;
        // One who waits, and the one who has the slot.
        drop(answers.remove(4));
        drop(answers.remove(0));
        // Its next one begins to write for all, and goes away too.
        assert!(is_pending(&mut answers[0]).await);
        task::yield_now().await;
        drop(answers.remove(0));
        assert_eq!(log(&writer, answers).await, [[1, 2, 3, 5]]);
        // It has the slot, and goes away before it knows.
        let mut answers = begin(&writer, (6..9).map(completion)).await;
        drop(answers.remove(0));
        drop(answers.remove(0));
        assert_eq!(log(&writer, answers).await, [[8]]);
        assert_eq!(writer.0.queue().free, 1);
    });
    Ok(())
}

#[test]
fn runtime_that_ends_takes_no_slot_with_it() -> io::Result<()> {
    let writer = writer::<true>(64, 1);
    let first = runtime()?;
    let answers = first.block_on(async {
        let mut answers = begin(&writer, (0..4).map(completion)).await;
        drop(answers.remove(0));
        assert!(is_pending(&mut answers[0]).await);
        task::yield_now().await;
        answers
    });
    drop(first);
    runtime()?.block_on(async {
        for answer in answers {
            let kind = answer
                .await
                .err()
                .map(|error| StoreError::from(error).kind());
            assert_eq!(kind, Some(StoreErrorKind::Unavailable));
        }
        writer.0.backend.allowed.add_permits(1);
        let next = writer.write(completion(4)).await;
        assert!(matches!(next, Ok(Written::Complete(true))));
    });
    Ok(())
}

#[test]
fn with_no_limit_at_all_it_still_writes() -> io::Result<()> {
    runtime()?.block_on(async {
        let writer = writer::<true>(0, 0);
        let answers = begin(&writer, (0..2).map(completion)).await;
        assert_eq!(log(&writer, answers).await, [[0], [1]]);
    });
    Ok(())
}
