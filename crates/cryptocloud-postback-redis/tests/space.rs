//! What payments take, and what they leave behind.

mod common;

use std::time::Duration;

use cryptocloud_postback::InvoiceId;
use cryptocloud_postback_inbox::{
    Decision, Hold, HoldKind, Identity, InboxStore, Purge, Receipt, Report, Start, State,
};
use cryptocloud_postback_redis::{
    Durability, RedisStore,
    redis::{self, Client, aio::MultiplexedConnection},
};

use common::{
    BoxError, Counter, LEASE, TestResult, admin, assert_done, attempt, claimed, keys, pay, report,
    start, store,
};

async fn used_memory(admin: &mut MultiplexedConnection) -> Result<i64, BoxError> {
    let info: String = redis::cmd("INFO").arg("memory").query_async(admin).await?;
    let used = info
        .lines()
        .find_map(|line| line.strip_prefix("used_memory:"));
    Ok(used.ok_or("used_memory")?.trim().parse()?)
}

#[tokio::test]
async fn settled_payment_is_small() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let store = store(&server.url()).await?;
    let mut admin = admin(&server.url()).await?;
    pay(&store, "shop", "FIRST").await?;
    let before = used_memory(&mut admin).await?;
    for number in 0..COUNT {
        pay(&store, "shop", &format!("IL{number:06}")).await?;
    }
    let all = (used_memory(&mut admin).await? - before) / i64::from(COUNT);
    let key = "cryptocloud:{shop}:i:IL000000";
    let mut usage = redis::cmd("MEMORY");
    let one: i64 = usage.arg(&["USAGE", key]).query_async(&mut admin).await?;
    eprintln!("bytes a settled payment: {one} by MEMORY USAGE, {all} with all indexes");
    assert!(one < 200, "{one}");
    assert!(all < 320, "{all}");

    // Settled ones expire and keep no `invoice_info`.
    let seconds: i64 = redis::cmd("TTL").arg(key).query_async(&mut admin).await?;
    assert!(seconds > 799 * 86_400, "{seconds}");
    let keys = keys(&mut admin).await?;
    assert!(!keys.iter().any(|key| key.contains("info:")), "{keys:?}");
    Ok(())
}

#[tokio::test]
async fn forgotten_payments_leave_nothing_behind() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let store = store(&server.url()).await?;
    for invoice in ["A", "B", "C"] {
        pay(&store, "shop", invoice).await?;
        let later = report("shop", invoice, "2");
        let receipt = store.receive(&later, Start::Claimed(LEASE)).await?;
        let Receipt::Stored {
            id,
            state: State::Conflict,
            ..
        } = receipt
        else {
            panic!("{receipt:?}");
        };
        store.discard("shop", id, &Decision::by("ann")).await?;
    }
    let deposit = deposit("D", "0x1");
    let claim = claimed(store.receive(&deposit, Start::Claimed(LEASE)).await?);
    assert_done(&attempt(&store, &Counter::default(), &claim).await);

    assert_eq!(
        store
            .purge("shop", Duration::ZERO, Purge::Fields, 5)
            .await?,
        5
    );
    assert_eq!(
        store
            .purge("shop", Duration::ZERO, Purge::Fields, 5)
            .await?,
        2
    );
    assert_eq!(
        store
            .purge("shop", Duration::ZERO, Purge::Fields, 5)
            .await?,
        0
    );
    assert_eq!(
        store
            .purge("shop", Duration::ZERO, Purge::Identity, 100)
            .await?,
        7
    );
    let keys = keys(&mut admin(&server.url()).await?).await?;
    assert_eq!(without_streams(keys), ["cryptocloud:{shop}:meta"]);
    Ok(())
}

#[tokio::test]
async fn expired_payments_leave_nothing_behind() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let builder = RedisStore::builder(Client::open(server.url())?);
    let store = builder
        .durability(Durability::Unchecked)
        .expire_after(Duration::ZERO)
        .connect()
        .await?;
    pay(&store, "shop", "A").await?;
    let claim = claimed(
        store
            .receive(&report("shop", "B", "1"), Start::Claimed(LEASE))
            .await?,
    );
    store
        .hold(&claim, &Hold::new(HoldKind::Handler, ""))
        .await?;
    assert!(store.find("shop", "A").await?.is_empty());
    assert_eq!(store.list("shop", State::Done, None, 10).await?, []);
    assert_eq!(
        store
            .purge("shop", Duration::ZERO, Purge::Fields, 10)
            .await?,
        0
    );

    let mut admin = admin(&server.url()).await?;
    for (stream, left) in [("log", 1), ("settled", 0)] {
        let key = format!("cryptocloud:{{shop}}:{stream}");
        let length: u64 = redis::cmd("XLEN").arg(key).query_async(&mut admin).await?;
        assert_eq!(length, left, "{stream}");
    }
    // What is held never expires.
    assert_eq!(store.find("shop", "B").await?.len(), 1);
    Ok(())
}

fn deposit(invoice: &str, hash: &str) -> Report {
    let invoice = InvoiceId::parse(invoice).unwrap_or_else(|error| panic!("{error}"));
    Report {
        identity: Identity::new("shop", invoice).with_transactions([hash]),
        ..report("shop", "A", "1")
    }
}

/// An empty stream is a key, too.
fn without_streams(keys: Vec<String>) -> Vec<String> {
    let is_stream = |key: &String| {
        ["log", "purged", "settled"]
            .iter()
            .any(|name| key.ends_with(name))
    };
    keys.into_iter().filter(|key| !is_stream(key)).collect()
}

const COUNT: u32 = 2_000;
