//! Projects in one server share nothing.

mod common;

use std::collections::BTreeMap;

use cryptocloud_postback_inbox::{InboxStore, Receipt, Start, State};
use cryptocloud_postback_redis::redis;

use common::{LEASE, TestResult, admin, claimed, keys, pay, report, start, store};

/// Two projects with the same invoice share nothing.
#[tokio::test]
async fn projects_do_not_meet() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let store = store(&server.url()).await?;
    let projects = ["shop", "shop:i", "{shop}", "shop}:i:A", "'\"%"];
    let mut ids = Vec::new();
    for project in projects {
        let claim = claimed(
            store
                .receive(&report(project, "A", "1"), Start::Claimed(LEASE))
                .await?,
        );
        ids.push(claim.id);
    }
    for (project, own) in projects.iter().zip(&ids) {
        for id in &ids {
            let found = store.get(project, *id).await?;
            assert_eq!(found.is_some(), id == own, "{project}");
        }
        let listed = store.list(project, State::Running, None, 10).await?;
        let listed: Vec<_> = listed.into_iter().map(|record| record.id).collect();
        assert_eq!(listed, [*own], "{project}");
    }
    Ok(())
}

/// On one node that takes part in a cluster, since a script may only use keys of one slot there.
#[tokio::test]
async fn keys_of_a_project_are_in_one_slot_of_a_cluster() -> TestResult {
    let Some(server) = start(&["--cluster-enabled", "yes"]).await else {
        return Ok(());
    };
    let mut admin = admin(&server.url()).await?;
    let () = redis::cmd("CLUSTER")
        .arg(&["ADDSLOTSRANGE", "0", "16383"])
        .query_async(&mut admin)
        .await?;
    loop {
        let info: String = redis::cmd("CLUSTER")
            .arg("INFO")
            .query_async(&mut admin)
            .await?;
        if info.contains("cluster_state:ok") {
            break;
        }
        tokio::task::yield_now().await;
    }
    let store = store(&server.url()).await?;
    for project in ["shop", "a{b}c", "", "{}", "%"] {
        pay(&store, project, "{x}:'\"").await?;
        let receipt = store
            .receive(&report(project, "{x}:'\"", "2"), Start::Claimed(LEASE))
            .await?;
        assert!(
            matches!(
                receipt,
                Receipt::Stored {
                    state: State::Conflict,
                    ..
                }
            ),
            "{receipt:?}"
        );
    }
    let mut slots: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for key in keys(&mut admin).await? {
        let mut command = redis::cmd("CLUSTER");
        let slot = command
            .arg("KEYSLOT")
            .arg(&key)
            .query_async(&mut admin)
            .await?;
        slots.entry(slot).or_default().push(key);
    }
    assert_eq!(slots.len(), 5, "{slots:?}");
    for keys in slots.values() {
        let metas = keys.iter().filter(|key| key.ends_with(":meta")).count();
        assert_eq!(metas, 1, "{keys:?}");
    }
    Ok(())
}
