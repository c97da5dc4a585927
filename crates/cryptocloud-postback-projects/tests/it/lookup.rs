use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use cryptocloud_postback_projects::{Project, ProjectLookup, ProjectMap, Projects, SourceError};
use tokio::time;

use crate::{log::Log, project};

/// Fails for `down`, hangs for `slow`, and counts how often it was asked.
#[derive(Default)]
pub(crate) struct Source(AtomicUsize);

#[async_trait]
impl Projects for Source {
    async fn find(&self, name: &str) -> Result<Option<Project>, SourceError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        match name {
            "down" => Err(SourceError::new("vault is sealed")),
            "slow" => pending().await,
            _ => Ok(None),
        }
    }
}

pub(crate) async fn status(lookup: &ProjectLookup, name: Option<&str>) -> u16 {
    let response = lookup.find(name).await.expect_err("a refusal");
    assert!(ProjectLookup::RESPONSES.contains(&response));
    let is_later = response.headers().contains(&("retry-after", "10"));
    assert_eq!(is_later, response.status() == 503);
    response.status()
}

#[tokio::test(start_paused = true)]
async fn refusals() {
    let (log, _guard) = Log::start();
    let lookup = ProjectLookup::new(Arc::new(Source::default()));
    assert_eq!(status(&lookup, Some("unknown")).await, 404);
    assert_eq!(status(&lookup, Some("down")).await, 503);
    let slow = time::timeout(Duration::from_secs(6), status(&lookup, Some("slow"))).await;
    assert_eq!(slow, Ok(503));
    assert_eq!(status(&lookup, None).await, 500);
    assert_eq!(
        log.count("project could not be looked up"),
        1,
        "{}",
        log.text()
    );
    assert_eq!(log.count("vault is sealed"), 1);
    assert_eq!(log.count("/postback/{project}"), 1);
}

#[tokio::test]
async fn finds_a_project() {
    let map = ProjectMap::new([project("shop")]).expect("a map");
    let lookup = ProjectLookup::new(Arc::new(map));
    let found = lookup.find(Some("shop")).await.expect("a project");
    assert_eq!(found.name(), "shop");
}

/// A source is not asked for a name that no project can have, such as a path.
#[tokio::test]
async fn a_source_sees_names_only() {
    let source = Arc::new(Source::default());
    let lookup = ProjectLookup::new(source.clone());
    for name in ["", "..", "a/b", "a b", "é", &"a".repeat(65)] {
        assert_eq!(status(&lookup, Some(name)).await, 404);
    }
    assert_eq!(source.0.load(Ordering::SeqCst), 0);
}

/// The log gets a line a minute, with a count and without a name.
#[tokio::test(start_paused = true)]
async fn unknown_names_do_not_flood_the_log() {
    let (log, _guard) = Log::start();
    let lookup = ProjectLookup::new(Arc::new(Source::default()));
    for index in 0..1_000 {
        status(&lookup, Some(&format!("guess-{index}"))).await;
    }
    assert_eq!(log.count("unknown projects"), 1, "{}", log.text());
    time::advance(Duration::from_secs(60)).await;
    status(&lookup, Some("guess")).await;
    assert_eq!(log.count("unknown projects"), 2, "{}", log.text());
    assert_eq!(log.count("count=1000"), 1, "{}", log.text());
    assert_eq!(log.count("guess"), 0, "{}", log.text());
}
