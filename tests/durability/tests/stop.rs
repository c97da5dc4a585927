//! A process is stopped (SIGSTOP) in the middle of a payment, and goes on much later.

use durability::Framework;

use crate::{
    TestResult,
    books::{Books, is_idle},
    eventually,
    faults::Stand,
    place::Kind,
    proxy::{Then, Trap},
    sender::Response,
};

/// Where the process is stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Point {
    /// After receive, before the handler begins.
    Received,
    /// After the handler's effect, before settle.
    Handled,
    /// After settle, before COMMIT.
    Settled,
}

impl Point {
    /// The message that the process has sent when it is stopped. The server gets it much later.
    fn trap(self, kind: Kind) -> Trap {
        let (marker, skip, further) = match (kind, self) {
            // Receive, renew and settle name the invoice.
            (Kind::Redis, Self::Received) => ("i:STOPPED", 1, 0),
            (Kind::Redis, _) => ("i:STOPPED", 2, 0),
            (_, Self::Received) => ("SET LOCAL cryptocloud.claim", 0, 0),
            // Receive and the effect name the invoice; settle follows.
            (_, Self::Handled) => ("STOPPED", 1, 1),
            // A whole statement, unlike the one in READ COMMITTED.
            (_, Self::Settled) => ("COMMIT\0", 0, 0),
        };
        Trap {
            further,
            marker,
            skip,
            then: Then::Hold,
        }
    }
}

async fn check(kind: Kind, framework: Framework, point: Point) -> TestResult {
    let Some(stand) = Stand::start(kind, framework).await? else {
        return Ok(());
    };
    let (books, place) = (Books::new()?, &stand.place);
    let (url, other) = (stand.receiver.url(), stand.worker.url());
    // Statements are prepared and scripts are loaded.
    assert_eq!(books.send(url, "WARM").await, Response::Accepted);
    stand.proxy.set(point.trap(kind));
    let late = books.send(url, "STOPPED");
    let meanwhile = async {
        stand.proxy.holds().await?;
        stand.receiver.freeze()?;
        // Others are not disturbed.
        for number in 0..20 {
            let response = books.send(other, &format!("OTHER{number}")).await;
            assert_eq!(response, Response::Accepted, "{number}");
        }
        eventually("another process takes over", async || {
            let effects = place.ledger.effects().await?;
            let effects = effects
                .get("STOPPED")
                .map(Vec::as_slice)
                .unwrap_or_default();
            Ok(effects.iter().any(|effect| effect.process == "worker"))
        })
        .await?;
        is_idle(place.operator()?).await?;
        let before = place.ledger.effects().await?;
        stand.proxy.release();
        stand.receiver.thaw()?;
        TestResult::Ok(before)
    };
    let (response, before) = tokio::join!(late, meanwhile);
    // Before it waits for a process that may still be stopped.
    let before = before?;
    assert_ne!(response, Response::Unreached);
    // Its late moves are over when it has ended, and have changed nothing.
    stand.receiver.end().await?;
    assert_eq!(place.ledger.effects().await?, before);
    books.close(place).await?;
    stand.worker.end().await
}

macro_rules! stops {
    ($($name:ident: $kind:ident $framework:ident $point:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> TestResult {
            check(Kind::$kind, Framework::$framework, Point::$point).await
        }
    )*};
}

stops! {
    postgres_handled: Postgres Actix Handled;
    postgres_received: Postgres Axum Received;
    postgres_settled: Postgres Axum Settled;
    redis_handled: Redis Axum Handled;
    redis_received: Redis Actix Received;
}
