//! A handler that fails twice. The vendor sends once.

use durability::{Framework, Options};

use crate::{
    TestResult,
    books::{Books, is_idle},
    place::{Kind, Place},
    sender::Response,
};

async fn check(kind: Kind) -> TestResult {
    let Some(place) = Place::new(kind).await? else {
        return Ok(());
    };
    for framework in Framework::ALL {
        let receiver = place
            .start(&Options {
                fails: 2,
                ..place.options(framework)
            })
            .await?;
        let books = Books::new()?;
        let invoice = format!("FAILS{framework}");
        assert_eq!(books.send(receiver.url(), &invoice).await, Response::Later);
        is_idle(place.operator()?).await?;
        let effects = place.ledger.effects().await?;
        let runs = effects.get(&invoice).map_or(0, Vec::len);
        // What the failed runs wrote in the transaction was rolled back.
        assert_eq!(runs, if kind.has_transaction() { 1 } else { 3 });
        receiver.end().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handler_fails_twice() -> TestResult {
    let checks = tokio::join!(
        check(Kind::Postgres),
        check(Kind::Redis),
        check(Kind::Sqlite)
    );
    checks.0?;
    checks.1?;
    checks.2
}
