use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use cryptocloud_postback::{SecretKey, Verifier};
use cryptocloud_postback_inbox::InboxBuildError;
use cryptocloud_postback_projects::{Inboxes, Project, ProjectError, ProjectMap, Projects};

use tokio::time;

use crate::{FIRST, inbox, inboxes, project, verifier};

/// A mistake shows when the project is made, and not at the first payment.
#[tokio::test]
async fn verifier_and_inbox_are_of_one_project() {
    let unnamed = Verifier::new(SecretKey::new(FIRST).expect("a key")).expect("a verifier");
    for (verifier, inbox_name, expected) in [
        (verifier("shop"), "shop", None),
        (verifier("club"), "shop", Some(ProjectError::Mismatch)),
        (unnamed, "shop", Some(ProjectError::Mismatch)),
        (verifier("my shop"), "my shop", Some(ProjectError::Name)),
    ] {
        let inbox = inbox(inbox_name).build().expect("an inbox");
        assert_eq!(Project::new(verifier, inbox).err(), expected);
    }
}

#[tokio::test]
async fn a_map_has_each_name_once() {
    let twice = ProjectMap::new([project("shop"), project("shop")]);
    assert_eq!(twice.err(), Some(ProjectError::Duplicate));
    let map = ProjectMap::new([project("shop"), project("club")]).expect("a map");
    let found = map.find("club").await.expect("an outcome");
    assert_eq!(found.expect("a project").name(), "club");
    assert!(map.find("unknown").await.expect("an outcome").is_none());
}

#[tokio::test]
async fn an_inbox_is_made_once() {
    let (inboxes, made) = inboxes();
    for _ in 0..3 {
        inboxes.get("shop").await.expect("an inbox");
    }
    assert_eq!(made.load(Ordering::SeqCst), 1);
    inboxes.get("club").await.expect("an inbox");
    assert_eq!(made.load(Ordering::SeqCst), 2);
    let all = inboxes.all().await;
    let names: Vec<&str> = all.iter().map(|inbox| inbox.project()).collect();
    assert_eq!(names, ["club", "shop"]);
}

#[tokio::test]
async fn an_inbox_that_cannot_be_made_is_tried_again() {
    let has_failed = AtomicBool::new(false);
    let inboxes = Inboxes::new(move |name| {
        let inbox = if has_failed.swap(true, Ordering::SeqCst) {
            inbox(&name).build()
        } else {
            Err(InboxBuildError::Project)
        };
        async { Ok(inbox?) }
    });
    assert!(inboxes.get("shop").await.is_err());
    assert!(inboxes.all().await.is_empty());
    assert!(inboxes.get("shop").await.is_ok());
}

/// After a drain the inbox begins nothing: its worker has ended.
#[tokio::test]
async fn all_inboxes_are_drained() {
    let (inboxes, _) = inboxes();
    let shop = inboxes.get("shop").await.expect("an inbox");
    let club = inboxes.get("club").await.expect("an inbox");
    let workers = [shop, club].map(|inbox| tokio::spawn(async move { inbox.run().await }));
    inboxes.drain(Duration::from_secs(60)).await;
    for worker in workers {
        let ended = time::timeout(Duration::from_secs(60), worker).await;
        ended.expect("no hang").expect("the worker ends");
    }
}
