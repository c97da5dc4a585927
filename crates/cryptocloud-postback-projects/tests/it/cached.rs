use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use cryptocloud_postback_projects::{CachedProjects, Project, Projects, SourceError};
use tokio::{task::JoinSet, time};

use crate::{log::Log, project};

#[derive(Clone, Copy, Default)]
enum State {
    Down,
    Hangs,
    Removed,
    #[default]
    Up,
}

/// A vault with the project `shop`.
#[derive(Clone, Default)]
struct Source {
    loads: Arc<AtomicUsize>,
    state: Arc<Mutex<State>>,
}

impl Source {
    fn set(&self, state: State) {
        *self.state.lock().expect("a state") = state;
    }

    fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Projects for Source {
    async fn find(&self, name: &str) -> Result<Option<Project>, SourceError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        // As a network has it.
        tokio::task::yield_now().await;
        let state = *self.state.lock().expect("a state");
        match state {
            State::Down => Err(SourceError::new("vault is sealed")),
            State::Hangs => pending().await,
            State::Removed => Ok(None),
            State::Up => Ok((name == "shop").then(|| project(name))),
        }
    }
}

/// `Some(true)` is a project, `Some(false)` is none, `None` is an error.
async fn find(projects: &CachedProjects, name: &str) -> Option<bool> {
    let found = projects.find(name).await;
    found.ok().map(|project| project.is_some())
}

#[tokio::test(start_paused = true)]
async fn projects_and_unknown_names_are_loaded_again_after_their_time() {
    let source = Source::default();
    let projects = CachedProjects::new(source.clone());
    for _ in 0..3 {
        assert_eq!(find(&projects, "shop").await, Some(true));
        assert_eq!(find(&projects, "unknown").await, Some(false));
    }
    assert_eq!(source.loads(), 2);
    time::advance(Duration::from_secs(59)).await;
    assert_eq!(find(&projects, "shop").await, Some(true));
    assert_eq!(source.loads(), 2);
    time::advance(Duration::from_secs(1)).await;
    assert_eq!(find(&projects, "shop").await, Some(true));
    assert_eq!(find(&projects, "unknown").await, Some(false));
    assert_eq!(source.loads(), 4);
}

#[tokio::test(start_paused = true)]
async fn one_load_is_for_all_who_wait() {
    let source = Source::default();
    let projects = Arc::new(CachedProjects::new(source.clone()));
    for name in ["shop", "unknown"] {
        // At first, and when the time is over.
        for _ in 0..2 {
            let before = source.loads();
            let mut waiters = JoinSet::new();
            for _ in 0..100 {
                let projects = Arc::clone(&projects);
                waiters.spawn(async move { find(&projects, name).await });
            }
            for found in waiters.join_all().await {
                assert_eq!(found, Some(name == "shop"));
            }
            assert_eq!(source.loads(), before + 1, "{name}");
            time::advance(Duration::from_secs(60)).await;
        }
    }
}

/// The last state is used for a day, and the source is asked every 5 s.
#[tokio::test(start_paused = true)]
async fn the_last_state_is_used_while_the_source_is_down() {
    let (log, _guard) = Log::start();
    let source = Source::default();
    let projects = CachedProjects::new(source.clone());
    assert_eq!(find(&projects, "shop").await, Some(true));
    assert_eq!(find(&projects, "unknown").await, Some(false));
    time::advance(Duration::from_secs(60)).await;
    source.set(State::Down);
    for _ in 0..3 {
        assert_eq!(find(&projects, "shop").await, Some(true));
        assert_eq!(find(&projects, "unknown").await, None);
    }
    assert_eq!(source.loads(), 4);
    assert_eq!(log.count("its last state is used"), 1, "{}", log.text());
    assert_eq!(log.count("vault is sealed"), 1, "{}", log.text());
    time::advance(Duration::from_secs(5)).await;
    assert_eq!(find(&projects, "shop").await, Some(true));
    assert_eq!(source.loads(), 5);
    time::advance(Duration::from_secs(86_400)).await;
    assert_eq!(find(&projects, "shop").await, None);
    source.set(State::Up);
    time::advance(Duration::from_secs(5)).await;
    assert_eq!(find(&projects, "shop").await, Some(true));
}

/// It is as if it were down, within the time that a request waits.
#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_is_not_waited_for() {
    let source = Source::default();
    let projects = CachedProjects::new(source.clone()).time_to_live(Duration::from_secs(1));
    assert_eq!(find(&projects, "shop").await, Some(true));
    time::advance(Duration::from_secs(1)).await;
    source.set(State::Hangs);
    let found = time::timeout(Duration::from_secs(5), find(&projects, "shop")).await;
    assert_eq!(found, Ok(Some(true)));
    let found = time::timeout(Duration::from_secs(5), find(&projects, "club")).await;
    assert_eq!(found, Ok(None));
}

/// What the source has removed does not come back when it is down.
#[tokio::test(start_paused = true)]
async fn a_removed_project_stays_removed() {
    let source = Source::default();
    let projects = CachedProjects::new(source.clone());
    assert_eq!(find(&projects, "shop").await, Some(true));
    for (state, expected) in [(State::Removed, Some(false)), (State::Down, None)] {
        time::advance(Duration::from_secs(60)).await;
        source.set(state);
        assert_eq!(find(&projects, "shop").await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_times_do_not_overflow() {
    let projects = CachedProjects::new(Source::default())
        .stale_for(Duration::MAX)
        .time_to_live(Duration::MAX);
    assert_eq!(find(&projects, "shop").await, Some(true));
    assert_eq!(find(&projects, "shop").await, Some(true));
}
