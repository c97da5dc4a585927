use std::{error::Error, fmt, time::Duration};

use async_trait::async_trait;
use moka::future::Cache;
use tokio::time::{self, Instant};
use tracing::warn;

use crate::{Project, Projects, SourceError};

/// A cache in front of a source that is slow or can be down, such as a vault or a database.
///
/// - Requests for the same name wait for one load.
/// - A project is loaded again after [`time_to_live`](Self::time_to_live). So a secret that was
///   changed at the vendor needs its predecessor in
///   [`also_accept`](cryptocloud_postback::VerifierBuilder::also_accept) for that long.
/// - While the source fails or takes longer than 2 s, the project that was loaded last stays in use
///   for up to [`stale_for`](Self::stale_for), and the source is asked again after 5 s.
/// - Unknown names are cached too. What an attacker makes up takes a bounded amount of memory.
pub struct CachedProjects {
    /// The projects that were loaded last. Only names that the source knows get here, so that unknown
    /// ones cannot evict them.
    known: Cache<String, Known>,
    /// The outcome of each load: projects, unknown names, and failures.
    loads: Cache<String, Load>,
    source: Box<dyn Projects>,
    stale_for: Duration,
    time_to_live: Duration,
}

#[derive(Clone)]
struct Known {
    loaded: Instant,
    project: Project,
}

#[derive(Clone)]
struct Load {
    finished: Instant,
    outcome: Result<Option<Project>, SourceError>,
    time_to_live: Duration,
}

impl CachedProjects {
    /// Caches what this source finds.
    pub fn new(source: impl Projects + 'static) -> Self {
        Self {
            known: Cache::new(CAPACITY),
            loads: Cache::new(CAPACITY),
            source: Box::new(source),
            stale_for: Duration::from_secs(86_400),
            time_to_live: Duration::from_secs(60),
        }
    }

    /// How long a project stays in use while the source is down. Defaults to 24 hours.
    #[must_use]
    pub fn stale_for(mut self, limit: Duration) -> Self {
        self.stale_for = limit;
        self
    }

    /// How long the outcome of a load is used, also that there is no such project.
    /// Defaults to 60 s.
    #[must_use]
    pub fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = time;
        self
    }

    async fn load(&self, name: &str) -> Load {
        let outcome = match time::timeout(LOAD_LIMIT, self.source.find(name)).await {
            Ok(outcome) => outcome,
            Err(elapsed) => Err(SourceError::new(elapsed)),
        };
        let (outcome, time_to_live) = match outcome {
            Ok(found) => (Ok(self.keep(name, found).await), self.time_to_live),
            Err(error) => (self.without_source(name, error).await, PAUSE),
        };
        Load {
            finished: Instant::now(),
            outcome,
            time_to_live,
        }
    }

    async fn keep(&self, name: &str, found: Option<Project>) -> Option<Project> {
        match found.clone() {
            Some(project) => {
                let loaded = Instant::now();
                self.known
                    .insert(name.into(), Known { loaded, project })
                    .await;
            }
            None => self.known.invalidate(name).await,
        }
        found
    }

    async fn without_source(
        &self,
        name: &str,
        error: SourceError,
    ) -> Result<Option<Project>, SourceError> {
        let known = self.known.get(name).await;
        let Some(known) = known.filter(|known| known.loaded.elapsed() < self.stale_for) else {
            return Err(error);
        };
        let error = &error as &dyn Error;
        warn!(
            project = name,
            error, "project could not be loaded again: its last state is used"
        );
        Ok(Some(known.project))
    }
}

#[async_trait]
impl Projects for CachedProjects {
    async fn find(&self, name: &str) -> Result<Option<Project>, SourceError> {
        let entry = self.loads.entry_by_ref(name);
        let load = entry.or_insert_with_if(self.load(name), |load| {
            load.finished.elapsed() >= load.time_to_live
        });
        load.await.into_value().outcome
    }
}

impl fmt::Debug for CachedProjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedProjects")
            .field("stale_for", &self.stale_for)
            .field("time_to_live", &self.time_to_live)
            .finish_non_exhaustive()
    }
}

/// The most names in each of the two caches: a few megabytes.
const CAPACITY: u64 = 10_000;

/// Shorter than the time that a request waits, so that a stale project is used within it.
const LOAD_LIMIT: Duration = Duration::from_secs(2);

/// Between two loads that fail.
const PAUSE: Duration = Duration::from_secs(5);
