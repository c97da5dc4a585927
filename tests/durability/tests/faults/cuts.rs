//! Connections that break at each message of a payment's way, and connections that hang.

use durability::Framework;

use super::Stand;
use crate::{
    TestResult,
    books::Books,
    place::Kind,
    proxy::{Then, Trap},
    sender::Response,
};

/// Breaks the way of one payment after the other, each at its next message. None is sent again.
async fn check_cuts(kind: Kind, framework: Framework, then: Then, is_warm: bool) -> TestResult {
    let Some(stand) = Stand::start(kind, framework).await? else {
        return Ok(());
    };
    let books = Books::new()?;
    let url = stand.receiver.url();
    let mut passes = 0;
    loop {
        if is_warm {
            // The service is back, and its connection has its statements prepared.
            let response = books.send(url, &format!("WARM{passes}")).await;
            assert_eq!(response, Response::Accepted, "after {passes} messages");
        } else {
            // The trap counts from the first message of a new connection.
            stand.proxy.cut();
        }
        stand.proxy.set(Trap {
            further: 0,
            marker: "",
            skip: passes,
            then,
        });
        let invoice = format!("CUT{passes}");
        let response = books.send(url, &invoice).await;
        if response == Response::Accepted {
            let effects = stand.place.ledger.effects().await?;
            assert!(
                effects.contains_key(&invoice),
                "{invoice} got a 200 too early"
            );
        }
        if stand.proxy.disarm() {
            assert_eq!(response, Response::Accepted);
            break;
        }
        passes += 1;
    }
    // At least: receive, begin, the effect, settle, commit; or receive, renew, settle.
    let least = if kind == Kind::Redis { 3 } else { 5 };
    assert!(passes >= least, "only {passes} messages");
    let balance = books.close(&stand.place).await?;
    eprintln!("{kind:?} {then:?}: cut at {passes} messages");
    // What the log has too was stored all the same, or was the very first message.
    assert!(balance.stored + balance.logged >= balance.sent);
    Ok(())
}

macro_rules! cuts {
    ($($name:ident: $kind:ident $framework:ident $then:ident $is_warm:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> TestResult {
            check_cuts(Kind::$kind, Framework::$framework, Then::$then, $is_warm).await
        }
    )*};
}

cuts! {
    postgres_after: Postgres Axum CutAfter true;
    postgres_before: Postgres Actix CutBefore true;
    postgres_cold_after: Postgres Actix CutAfter false;
    postgres_cold_before: Postgres Axum CutBefore false;
    postgres_silence: Postgres Axum Silence true;
    redis_after: Redis Actix CutAfter true;
    redis_before: Redis Axum CutBefore true;
    redis_cold_after: Redis Axum CutAfter false;
    redis_cold_before: Redis Actix CutBefore false;
    redis_silence: Redis Actix Silence true;
}

/// Nothing passes for a while, on no connection: every postback gets a 503 in time.
async fn check_stall(kind: Kind, framework: Framework) -> TestResult {
    let Some(stand) = Stand::start(kind, framework).await? else {
        return Ok(());
    };
    let books = Books::new()?;
    let url = stand.receiver.url();
    assert_eq!(books.send(url, "WARM").await, Response::Accepted);
    stand.proxy.stall();
    let (one, other) = tokio::join!(books.send(url, "STALLED1"), books.send(url, "STALLED2"));
    assert_eq!((one, other), (Response::Later, Response::Later));
    stand.proxy.resume();
    assert_eq!(books.send(url, "AFTER").await, Response::Accepted);
    let balance = books.close(&stand.place).await?;
    assert!(balance.stored + balance.logged >= balance.sent);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_stalled() -> TestResult {
    check_stall(Kind::Postgres, Framework::Actix).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_stalled() -> TestResult {
    check_stall(Kind::Redis, Framework::Axum).await
}
