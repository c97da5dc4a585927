//! Connections that break at a certain message, and connections that hang.

use cryptocloud_postback_inbox::Key;
use durability::{Framework, Mode};

use super::Stand;
use crate::{
    TestResult,
    place::Kind,
    proxy::{Cut, Moment},
    sender::Response,
};

/// The messages that one payment sends to the store.
#[derive(Clone, Copy)]
enum Message {
    Claim,
    Commit,
    Complete,
}

impl Message {
    fn cut(self, kind: Kind, moment: Moment) -> Cut {
        let digest = Key::new("shop", INVOICE, "success").digest();
        let (marker, skip) = match (self, kind) {
            (Self::Claim, _) => (INVOICE.as_bytes().to_vec(), 0),
            (Self::Commit, _) => (b"COMMIT".to_vec(), 0),
            // The claim comes before it.
            (Self::Complete, Kind::Redis) => {
                let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                (hex.into_bytes(), 1)
            }
            (Self::Complete, _) => (digest.to_vec(), 1),
        };
        Cut {
            marker,
            moment,
            skip,
        }
    }
}

/// `expected` is the response to the sender and the number of effects by then.
async fn check_cut(
    kind: Kind,
    mode: Mode,
    framework: Framework,
    message: Message,
    moment: Moment,
    expected: (Response, usize),
) -> TestResult {
    let Some(stand) = Stand::start(kind, mode, framework).await? else {
        return Ok(());
    };
    stand.proxy.cut(message.cut(kind, moment));
    let response = stand.send(INVOICE).await;
    assert!(stand.proxy.has_cut());
    assert_eq!((response, stand.effects(INVOICE).await), expected);
    stand.send_until_paid(INVOICE).await;
    assert_eq!(stand.effects(INVOICE).await, 1);
    Ok(())
}

macro_rules! cuts {
    ($($name:ident: $kind:ident $mode:ident $framework:ident,
       $moment:ident $message:ident => $response:ident $effects:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> TestResult {
            let (message, moment) = (Message::$message, Moment::$moment);
            let expected = (Response::$response, $effects);
            check_cut(Kind::$kind, Mode::$mode, Framework::$framework, message, moment, expected)
                .await
        }
    )*};
}

cuts! {
    postgres_after_claim: Postgres Lease Axum, After Claim => Later 0;
    postgres_after_commit: Postgres Transaction Axum, After Commit => Later 1;
    // The inbox sends the completion again.
    postgres_after_complete: Postgres Lease Axum, After Complete => Paid 1;
    postgres_before_claim: Postgres Lease Actix, Before Claim => Later 0;
    postgres_before_commit: Postgres Transaction Actix, Before Commit => Later 0;
    postgres_before_complete: Postgres Lease Actix, Before Complete => Paid 1;
    redis_after_claim: Redis Lease Actix, After Claim => Later 0;
    redis_after_complete: Redis Lease Actix, After Complete => Paid 1;
    redis_before_claim: Redis Lease Axum, Before Claim => Later 0;
    redis_before_complete: Redis Lease Axum, Before Complete => Paid 1;
}

#[derive(Clone, Copy)]
enum Break {
    Refused,
    Stalled,
}

/// The receiver responds while the store is still away, after its own limit.
async fn check_away(kind: Kind, mode: Mode, framework: Framework, how: Break) -> TestResult {
    let Some(stand) = Stand::start(kind, mode, framework).await? else {
        return Ok(());
    };
    match how {
        Break::Refused => stand.proxy.refuse(),
        Break::Stalled => stand.proxy.stall(),
    }
    stand
        .pays_only_after(async || {
            stand.proxy.resume();
            Ok(())
        })
        .await
}

macro_rules! aways {
    ($($name:ident: $kind:ident $mode:ident $framework:ident $how:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> TestResult {
            check_away(Kind::$kind, Mode::$mode, Framework::$framework, Break::$how).await
        }
    )*};
}

aways! {
    postgres_refused: Postgres Lease Actix Refused;
    postgres_refused_transaction: Postgres Transaction Axum Refused;
    postgres_stalled: Postgres Lease Axum Stalled;
    postgres_stalled_transaction: Postgres Transaction Actix Stalled;
    redis_refused: Redis Lease Actix Refused;
    redis_stalled: Redis Lease Axum Stalled;
}

const INVOICE: &str = "MARKED";
