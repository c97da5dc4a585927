//! The store on a real server.

use std::{sync::Arc, time::Duration};

use cryptocloud_postback::{Amount, Currency};
use cryptocloud_postback_inbox::{
    Claim, ClaimId, InboxStore, Key, Report, StoreErrorKind,
    contract::{self, Fixture},
};
use cryptocloud_postback_redis::{
    RedisStore,
    redis::{self, Client},
};
use throw_away_servers::{RedisServer, Shared};

type TestResult = Result<(), Box<dyn std::error::Error>>;

static SERVER: Shared<RedisServer> = Shared::new();

const LEASE: Duration = Duration::from_secs(3_600);

async fn server() -> Option<Arc<RedisServer>> {
    let server = tokio::task::spawn_blocking(|| SERVER.get(RedisServer::start));
    server.await.unwrap_or_else(|error| panic!("{error}"))
}

fn report(invoice: &str, amount: &str) -> Report {
    let amount = Amount::parse(amount).unwrap_or_else(|error| panic!("{error}"));
    Report::new(
        Key::new("shop", invoice, "success"),
        amount,
        Currency::Bnb,
        None,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract() -> TestResult {
    let Some(server) = server().await else {
        return Ok(());
    };
    let store = RedisStore::builder(Client::open(server.url())?)
        .prefix("contract '\":")
        .timeout(Duration::from_secs(60))
        .connect()
        .await?;
    contract::verify(async || Fixture::new(store.clone())).await;
    Ok(())
}

#[tokio::test]
async fn two_prefixes_do_not_meet() -> TestResult {
    let Some(server) = server().await else {
        return Ok(());
    };
    for prefix in ["one:", "two:"] {
        let client = Client::open(server.url())?;
        let store = RedisStore::builder(client).prefix(prefix).connect().await?;
        let claim = store.claim(&report("A", "1"), LEASE).await?;
        assert!(matches!(claim, Claim::Acquired(_)), "{claim:?}");
    }
    Ok(())
}

#[tokio::test]
async fn purge_leaves_nothing_behind() -> TestResult {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = Client::open(server.url())?;
    let store = RedisStore::builder(client.clone())
        .prefix("purge:")
        .connect()
        .await?;
    for invoice in ["A", "B", "C"] {
        let Claim::Acquired(lease) = store.claim(&report(invoice, "1"), LEASE).await? else {
            panic!("free");
        };
        store.complete(&lease).await?;
        assert_eq!(
            store.claim(&report(invoice, "2"), LEASE).await?,
            Claim::Conflict
        );
        store.discard(&(&report(invoice, "2")).into()).await?;
    }
    assert_eq!(store.purge("shop", Duration::ZERO, 100).await?, 6);
    let mut connection = client.get_multiplexed_async_connection().await?;
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("purge:*")
        .query_async(&mut connection)
        .await?;
    assert_eq!(keys, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn eviction_is_named() -> TestResult {
    let Some(server) = server().await else {
        return Ok(());
    };
    let store = RedisStore::connect(Client::open(server.url())?).await?;
    assert_eq!(store.check_settings().await?, None);

    let start = || RedisServer::start_with(&["--maxmemory-policy", "allkeys-lru"]);
    let Some(server) = tokio::task::spawn_blocking(start).await? else {
        return Ok(());
    };
    let store = RedisStore::connect(Client::open(server.url())?).await?;
    let policy = store.check_settings().await?;
    assert_eq!(policy.as_deref(), Some("allkeys-lru"));
    Ok(())
}

#[tokio::test]
async fn full_server_refuses() -> TestResult {
    let arguments = ["--maxmemory", "1", "--maxmemory-policy", "noeviction"];
    let start = move || RedisServer::start_with(&arguments);
    let Some(server) = tokio::task::spawn_blocking(start).await? else {
        return Ok(());
    };
    let store = RedisStore::connect(Client::open(server.url())?).await?;
    let error = store.claim(&report("A", "1"), LEASE).await.err();
    assert_eq!(error.map(|error| error.kind()), Some(StoreErrorKind::Full));
    Ok(())
}

#[tokio::test]
async fn stalled_server_is_given_up_and_comes_back() -> TestResult {
    let start = || RedisServer::start();
    let Some(server) = tokio::task::spawn_blocking(start).await? else {
        return Ok(());
    };
    let client = Client::open(server.url())?;
    let store = RedisStore::builder(client.clone())
        .timeout(Duration::from_millis(200))
        .connect()
        .await?;
    let mut admin = client.get_multiplexed_async_connection().await?;
    let () = redis::cmd("CLIENT")
        .arg("PAUSE")
        .arg(600_000)
        .arg("WRITE")
        .query_async(&mut admin)
        .await?;
    let error = store.claim(&report("A", "1"), LEASE).await.err();
    assert_eq!(
        error.map(|error| error.kind()),
        Some(StoreErrorKind::TimedOut)
    );
    let () = redis::cmd("CLIENT")
        .arg("UNPAUSE")
        .query_async(&mut admin)
        .await?;
    // What was sent before may have been carried out since.
    let claim = loop {
        match store.claim(&report("B", "1"), LEASE).await {
            Ok(claim) => break claim,
            Err(error) => assert_eq!(error.kind(), StoreErrorKind::TimedOut, "{error:?}"),
        }
    };
    let is_held = matches!(claim, Claim::Acquired(_) | Claim::InFlight { .. });
    assert!(is_held, "{claim:?}");
    Ok(())
}

/// Nobody answers, so that the connection is tried again and again.
#[tokio::test]
async fn connection_that_does_not_come_up_is_given_up() -> TestResult {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let client = Client::open(format!("redis://{}/", listener.local_addr()?))?;
    let store = RedisStore::builder(client).timeout(Duration::from_millis(200));
    let Err(error) = store.connect().await else {
        panic!("nobody has answered");
    };
    assert_eq!(error.kind(), StoreErrorKind::TimedOut);
    // By the limit over all attempts, and not by the last one's own.
    assert!(std::error::Error::source(&error).is_none(), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn changed_by_hand_is_not_offered() -> TestResult {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = Client::open(server.url())?;
    let store = RedisStore::builder(client.clone()).prefix("hand:");
    let store = store.connect().await?;
    let _first = store.claim(&report("A", "1"), LEASE).await?;
    let later = report("A", "2");
    assert_eq!(store.claim(&later, LEASE).await?, Claim::Conflict);
    let id = ClaimId::from(&later);
    let (key, fingerprint) = id.to_string().split_once('-').map_or_else(
        || panic!("{id}"),
        |(key, fingerprint)| (format!("hand:claim:{key}"), format!("amount:{fingerprint}")),
    );
    let mut connection = client.get_multiplexed_async_connection().await?;
    let () = redis::cmd("HSET")
        .arg(key)
        .arg(fingerprint)
        .arg("9000")
        .query_async(&mut connection)
        .await?;
    let kind = store.conflict(&id).await.err().map(|error| error.kind());
    assert_eq!(kind, Some(StoreErrorKind::Corrupt));
    Ok(())
}

#[tokio::test]
async fn stopped_server_is_unavailable() -> TestResult {
    let start = || RedisServer::start();
    let Some(server) = tokio::task::spawn_blocking(start).await? else {
        return Ok(());
    };
    let store = RedisStore::connect(Client::open(server.url())?).await?;
    tokio::task::spawn_blocking(move || drop(server)).await?;
    let error = store.claim(&report("A", "1"), LEASE).await.err();
    let kind = error.map(|error| error.kind());
    let expected = [StoreErrorKind::Unavailable, StoreErrorKind::TimedOut];
    assert!(
        kind.is_some_and(|kind| expected.contains(&kind)),
        "{kind:?}"
    );
    Ok(())
}

#[test]
fn debug_hides_the_password() -> TestResult {
    let client = Client::open("redis://:not-a-real-password@127.0.0.1/")?;
    let text = format!("{:?}", RedisStore::builder(client));
    assert!(!text.contains("password"), "{text}");
    Ok(())
}
