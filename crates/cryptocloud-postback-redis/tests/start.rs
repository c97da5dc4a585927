//! A store starts only on a server that keeps what it is given.

mod common;

use std::error::Error as _;

use cryptocloud_postback_inbox::{Inbox, InboxBuildError, InboxStore, Mode, StoreErrorKind};
use cryptocloud_postback_redis::{
    Durability, RedisStore,
    redis::{self, Client},
};

use common::{BoxError, Counter, HANG, TestResult, admin, kind, start};

const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];

const NODE: &[&str] = &["--cluster-enabled", "yes"];

async fn connect(url: &str, durability: Durability) -> Result<RedisStore, BoxError> {
    let builder = RedisStore::builder(Client::open(url)?);
    Ok(builder.durability(durability).connect().await?)
}

/// Why the store did not start.
async fn refusal(url: &str, durability: Durability) -> Result<Option<String>, redis::RedisError> {
    let builder = RedisStore::builder(Client::open(url)?);
    let Err(error) = builder.durability(durability).connect().await else {
        return Ok(None);
    };
    assert_eq!(error.kind(), StoreErrorKind::NotDurable);
    Ok(error.source().map(ToString::to_string))
}

#[tokio::test]
async fn durable_server_is_taken() -> TestResult {
    let Some(server) = start(DURABLE).await else {
        return Ok(());
    };
    let store = RedisStore::connect(Client::open(server.url())?).await?;
    // Later, by hand.
    let mut admin = admin(&server.url()).await?;
    let () = redis::cmd("CONFIG")
        .arg(&["SET", "appendfsync", "everysec"])
        .query_async(&mut admin)
        .await?;
    assert_eq!(kind(store.check().await), StoreErrorKind::NotDurable);
    connect(&server.url(), Durability::EverySecond).await?;
    Ok(())
}

/// Redis can lose what the 200 of the store-first mode would promise.
#[tokio::test]
async fn store_first_mode_is_refused() -> TestResult {
    let Some(server) = start(DURABLE).await else {
        return Ok(());
    };
    let store = RedisStore::connect(Client::open(server.url())?).await?;
    let builder = || Inbox::builder("shop", store.clone(), Counter::default());
    let refused = builder().mode(Mode::StoreFirst).build();
    assert!(matches!(refused, Err(InboxBuildError::StoreFirst)));
    assert!(!builder().build()?.is_atomic());
    Ok(())
}

#[tokio::test]
async fn server_without_a_file_is_refused() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let url = server.url();
    for durability in [Durability::Always, Durability::EverySecond] {
        let refusal = refusal(&url, durability).await?;
        assert_eq!(refusal.as_deref(), Some("appendonly is not yes"));
    }
    connect(&url, Durability::Unchecked).await?;
    Ok(())
}

#[tokio::test]
async fn evicting_server_is_refused() -> TestResult {
    let arguments = &[
        "--appendonly",
        "yes",
        "--appendfsync",
        "always",
        "--maxmemory-policy",
        "volatile-lru",
    ];
    let Some(server) = start(arguments).await else {
        return Ok(());
    };
    let refusal = refusal(&server.url(), Durability::Always).await?;
    assert_eq!(
        refusal.as_deref(),
        Some("maxmemory-policy is not noeviction")
    );
    connect(&server.url(), Durability::Unchecked).await?;
    Ok(())
}

#[tokio::test]
async fn what_the_server_denies_is_not_durable() -> TestResult {
    let Some(server) = start(DURABLE).await else {
        return Ok(());
    };
    let mut admin = admin(&server.url()).await?;
    for (denied, expected) in [
        (
            "-config",
            "appendfsync is unknown: the server denies CONFIG GET",
        ),
        (
            "-info",
            "maxmemory-policy is unknown: the server denies INFO",
        ),
    ] {
        let () = redis::cmd("ACL")
            .arg(&[
                "SETUSER", "shop", "reset", "on", "nopass", "~*", "+@all", denied,
            ])
            .query_async(&mut admin)
            .await?;
        let url = format!("redis://shop:any@127.0.0.1:{}/", server.port());
        let refusal = refusal(&url, Durability::EverySecond).await?;
        assert_eq!(refusal.as_deref(), Some(expected));
        connect(&url, Durability::Unchecked).await?;
    }
    Ok(())
}

#[tokio::test]
async fn user_without_scripts_is_refused() -> TestResult {
    let Some(server) = start(DURABLE).await else {
        return Ok(());
    };
    let mut admin = admin(&server.url()).await?;
    let () = redis::cmd("ACL")
        .arg(&["SETUSER", "shop", "on", "nopass", "~*", "+@all", "-evalsha"])
        .query_async(&mut admin)
        .await?;
    let url = format!("redis://shop:any@127.0.0.1:{}/", server.port());
    let store = RedisStore::connect(Client::open(url)?).await;
    assert_eq!(kind(store), StoreErrorKind::Unavailable);
    Ok(())
}

#[tokio::test]
async fn replica_is_refused() -> TestResult {
    let Some(server) = start(&["--replicaof", "127.0.0.1", "1"]).await else {
        return Ok(());
    };
    let store = RedisStore::builder(Client::open(server.url())?).durability(Durability::Unchecked);
    assert_eq!(kind(store.connect().await), StoreErrorKind::ReadOnly);
    Ok(())
}

#[tokio::test]
async fn node_of_a_larger_cluster_is_refused() -> TestResult {
    let (first, second) = (start(NODE).await, start(NODE).await);
    let (Some(first), Some(second)) = (first, second) else {
        return Ok(());
    };
    let mut nodes = [admin(&first.url()).await?, admin(&second.url()).await?];
    let slots = [["0", "9999"], ["10000", "16383"]];
    for (node, slots) in nodes.iter_mut().zip(slots) {
        let mut command = redis::cmd("CLUSTER");
        let () = command
            .arg("ADDSLOTSRANGE")
            .arg(&slots)
            .query_async(node)
            .await?;
    }
    let [node, _] = &mut nodes;
    let mut meet = redis::cmd("CLUSTER");
    let () = meet
        .arg("MEET")
        .arg("127.0.0.1")
        .arg(second.port())
        .query_async(node)
        .await?;
    let is_joined = async {
        loop {
            let info: String = redis::cmd("CLUSTER").arg("INFO").query_async(node).await?;
            if info.contains("cluster_size:2") {
                return Ok::<_, redis::RedisError>(());
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(HANG, is_joined).await??;
    let store = RedisStore::builder(Client::open(first.url())?).durability(Durability::Unchecked);
    let error = store.connect().await.err().ok_or("is refused")?;
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    assert!(source.contains("cluster"), "{source}");
    Ok(())
}

#[test]
fn debug_hides_the_password() -> TestResult {
    let client = Client::open("redis://:not-a-real-password@127.0.0.1/")?;
    let text = format!("{:?}", RedisStore::builder(client));
    assert!(!text.contains("password"), "{text}");
    Ok(())
}
